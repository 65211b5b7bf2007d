"""One file per revision of the database."""
