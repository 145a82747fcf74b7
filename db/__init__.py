"""Tables, connections, migrations, backup and reference data. Imports nothing of `app`."""
