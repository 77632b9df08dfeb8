"""Django's PostgreSQL backend, with a look at its sessions that costs no round trip."""
