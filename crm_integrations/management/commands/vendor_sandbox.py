"""Run the vendor sandbox from manage.py."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm_integrations.sandbox.command import add_arguments, run


class Command(BaseCommand):
    """Serve a runnable twin of every vendor, for trying things out and for tests."""

    help = "Serve a runnable twin of every vendor on one port; nothing leaves this machine."
    # The sandbox needs no database, so no check of one may hold it up.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        status = run(argparse.Namespace(**options))
        if status:
            sys.exit(status)
