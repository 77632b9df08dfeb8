"""Start the sandbox without Django: `python -m crm_integrations.sandbox --port 8900`."""

from __future__ import annotations

import argparse
import sys

from .command import add_arguments, run


def main() -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="vendor sandbox", description="A runnable twin of the vendors.")
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
