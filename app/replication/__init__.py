"""Replication: frames, sessions, pairing, bundles and carriers; asyncio only, no Qt."""
