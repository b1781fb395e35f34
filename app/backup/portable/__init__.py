"""All data as one file that is read by any later release, on SQLite and on PostgreSQL (docs/data-export.md)."""
