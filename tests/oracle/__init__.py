"""The rules of replication once more: slow, in memory, from first principles."""
