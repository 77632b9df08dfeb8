"""The sandbox's command line, shared by `python -m` and by the Django command."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from .credentials import accepted
from .faults import Faults, from_flag
from .ledger import Ledger, Unreadable
from .server import SandboxServer
from .vendors import discover


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add every flag, the vendors' own ones too."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8900, help="port; 0 picks a free one (default 8900)")
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="keep the ledger in this file")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="VENDOR[/KIND]:NAME[:TIMES][:VALUE]",
        help="put a fault in force; may be repeated",
    )
    parser.add_argument("--credentials", type=Path, metavar="FILE", help="JSON: by vendor, then by name")
    parser.add_argument(
        "--credential",
        action="append",
        default=[],
        metavar="VENDOR:NAME=VALUE",
        help="override one credential; may be repeated",
    )
    parser.add_argument("--verbose", action="store_true", help="print the accepted credentials at start")
    for vendor in discover().values():
        vendor.add_arguments(parser)


def build(options: argparse.Namespace) -> SandboxServer:
    """A server that listens but does not serve yet; ValueError, Unreadable or OSError say why not."""
    vendors = discover()
    secrets = accepted(options.credentials, options.credential)
    faults = Faults(vendors, map(from_flag, options.fault))
    ledger = Ledger(options.ledger)
    made = [vendor(secrets[slug], options, ledger) for slug, vendor in vendors.items()]
    return SandboxServer((options.host, options.port), made, ledger, faults)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        server = build(options)
    except (OSError, OverflowError, ValueError, Unreadable) as error:
        print(f"vendor sandbox: {_reason(options, error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    try:
        print(f"vendor sandbox on http://{options.host}:{server.server_port}", flush=True)
        if options.verbose:
            _print_credentials(server)
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    server.stopping.set()
    server.server_close()
    server.ledger.close()
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _reason(options: argparse.Namespace, error: Exception) -> str:
    # A file's error names its file; one that does not is about the address.
    if isinstance(error, OSError) and error.filename is None:
        return f"cannot listen on {options.host}:{options.port}: {error.strerror or error}"
    return str(error)


def _print_credentials(server: SandboxServer) -> None:
    for vendor in server.vendors:
        for name, value in vendor.secrets.items():
            print(f"  {vendor.slug} {name}: {value}")
    sys.stdout.flush()
