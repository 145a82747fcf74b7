"""Local data of this workstation: never journalled, never sent."""
