"""The way in: passwords, lock-outs, the second factor, and how long a session lasts."""
