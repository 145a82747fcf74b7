"""Tests of the database layer: files, migrations, backups; and the small world that journal tests share."""
