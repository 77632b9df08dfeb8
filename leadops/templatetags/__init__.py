"""What our templates need beside Django's own filters."""
