"""What vendors print on their pages, as they print it: the one copy that tests read.

`crego_create_lead.json`: the request example of https://api-docs.crego.io/api-10694292.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def crego_lead() -> dict[str, Any]:
    """A new copy of Crego's example of a lead."""
    page = Path(__file__).with_name("crego_create_lead.json")
    found: dict[str, Any] = json.loads(page.read_text(encoding="utf-8"))
    return found
