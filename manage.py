#!/usr/bin/env python
"""Django's command line for leadops."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadops.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from leadops.embedded_postgres import server

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        sys.exit(f"leadops can't start: {wrong}")
    finally:
        server.stop_ours()
