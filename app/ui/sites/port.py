"""What the screen of workstations asks of a running site; certificates are signed and pages made off the window's thread."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Protocol


class SitesDoor(Protocol):
    """Keys, certificates and seals of the site behind the window. Every future raises Refusal or EnvironmentFault."""

    def rotate_key(self, account_id: str) -> Future[None]:
        """Change the key this workstation signs with."""
        ...

    def renew(self, account_id: str) -> Future[None]:
        """Renew the certificate this workstation dials and answers with."""
        ...

    def close_site(self, site: str, heir: str, recovery_file: Path, account_id: str) -> Future[None]:
        """Close a lost or copied workstation by the recovery key in a file."""
        ...

    def revoke_site(self, site: str, last_seq: int, recovery_file: Path, account_id: str) -> Future[None]:
        """Revoke a stolen workstation from an act on."""
        ...

    def seal(self, account_id: str) -> Future[str]:
        """Seal the emergency account anew; the page (HTML) that holds its password, kept nowhere else."""
        ...

    def recovery_page(self, recovery_file: Path, account_id: str) -> Future[str]:
        """The recovery key's page (HTML) from its file."""
        ...

    def save_page(self, page: str, path: Path) -> Future[None]:
        """Write a page, never over another file."""
        ...

    def on_data_disk(self, path: Path) -> bool:
        """True if a file there would lie on the disk that holds the data."""
        ...
