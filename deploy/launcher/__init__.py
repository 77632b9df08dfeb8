"""What `make run` is made of. Standard library only: it works before anything is installed."""
