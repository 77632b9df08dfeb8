"""Two hosts of workers, each in a network namespace of its own, and one of them is cut off in the middle.

`python -m benchmarks.hosts [LEADS]`, as root, with `ip` and `redis-server`; it says so in one line when it can't run.
"""
