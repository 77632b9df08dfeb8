"""The PostgreSQL that comes as a wheel, run from `var/postgres/` when no DATABASE_URL is set."""
