"""The audit: every write, by whatever road, leaves an event that nobody can take back; docs/operations.md tells how."""
