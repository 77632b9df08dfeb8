"""The environment of the test run, set before Django reads its settings."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "test"

# Every worker and every process that a test starts would compile all anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ["LEADOPS_VAR"] = str(VAR)
os.environ["ALLOW_LOCAL_VENDORS"] = "1"
os.environ["LEADOPS_PRODUCTION"] = "0"
os.environ["SECOND_FACTOR"] = "0"
# Playwright's event loop runs in the thread of the test; Django would refuse the database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# Most tests are about what is done, not about who approves it; those that are switch it on.
os.environ["APPROVALS"] = "off"
