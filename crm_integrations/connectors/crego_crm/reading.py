"""What Crego's answers have in common."""

from __future__ import annotations

from typing import Any

from crm_integrations.answers import text


def reference_in(row: dict[str, Any]) -> str:
    """Crego's id of the record in `row`, empty where it tells none."""
    # Parts of v1 are MongoDB-backed and say _id.
    return text(row.get("id")).strip() or text(row.get("_id")).strip()
