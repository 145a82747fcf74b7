"""The signed operation journal and the one projector that writes shared tables (REPLICATION.md)."""
