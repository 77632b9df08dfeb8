"""Synthetic data for trying leadops out: people, programs, leads, and connections to the vendor sandbox."""
