"""Faults on purpose: the product's own processes are killed, frozen and cut off, and a judge reads what is left."""
