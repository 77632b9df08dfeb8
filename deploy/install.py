"""Make `.venv` with the requirements file that is named: `python3 deploy/install.py requirements-dev.txt`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from launcher.trouble import Trouble
from launcher.virtual_environment import VirtualEnvironment

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    os.umask(0o077)  # its log lies in var/, which is for its owner alone
    try:
        VirtualEnvironment(ROOT / ".venv", ROOT / "var" / "log" / "pip.log").ready(ROOT / sys.argv[1])
    except Trouble as trouble:
        sys.exit(str(trouble))
