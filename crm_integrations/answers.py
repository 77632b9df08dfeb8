"""Reading vendors' JSON: whatever stands there becomes a value that can be relied on, or nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from crm_integrations import errors

LARGEST_ID = 2**63 - 1


def text(value: Any) -> str:
    """`value` when it is text, else nothing."""
    return value if isinstance(value, str) else ""


def number_as_text(value: Any) -> str:
    """A whole positive number, such as an id, as text; nothing for anything else."""
    return str(value) if type(value) is int and 0 < value <= LARGEST_ID else ""


def moment(value: Any, in_a_second: int = 1) -> datetime | None:
    """The moment of a number of seconds since 1970, or of thousandths of them, None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value / in_a_second, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def objects(rows: Any, whose: str) -> list[dict[str, Any]]:
    """`rows` when they are a list of JSON objects; OutcomeUnknown, naming `whose` answer it is, when they are not."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise errors.OutcomeUnknown(f"{whose} answer is not a list of records.")
    return rows


def results_of(body: Any, whose: str) -> list[dict[str, Any]]:
    """The rows of a list: a bare one, or the `results` in its envelope; OutcomeUnknown when there are none to read."""
    return objects(body.get("results") if isinstance(body, dict) else body, whose)


def is_whole(body: Any, rows: list[dict[str, Any]], field: str, ours: str) -> bool:
    """Whether `rows` are all that the vendor holds with `ours` in `field`, which is what was asked for.

    Were the filter ignored, the first page of everything would come, and "not in here" would prove nothing.
    """
    if isinstance(body, dict) and "count" in body:
        return bool(body["count"] == len(rows))
    return all(text(row.get(field)) == ours for row in rows)


def more_follow(body: Any, whose: str) -> bool:
    """Whether a page is followed by another: `has_next`, else what `count`, `current_page` and `page_size` add up to.

    A bare list does not tell: the next page is asked for until it is empty.
    """
    if isinstance(body, list):
        return bool(body)
    if isinstance(body.get("has_next"), bool):
        return bool(body["has_next"])
    told = [body.get(name) for name in ("count", "current_page", "page_size")]
    if not all(type(each) is int and each >= 0 for each in told):
        raise errors.OutcomeUnknown(f"{whose} list does not tell whether another page follows.")
    count, page, size = told
    return bool(page * size < count and body.get("results"))


def flat(value: Any, path: str = "") -> dict[str, str]:
    """The texts and numbers in `value` by their paths (`applicants[0].name`); what is null is left out."""
    if isinstance(value, dict):
        parts = [flat(each, f"{path}.{name}" if path else name) for name, each in value.items()]
    elif isinstance(value, list):
        parts = [flat(each, f"{path}[{at}]") for at, each in enumerate(value)]
    else:
        said = json.dumps(value) if isinstance(value, bool) else str(value)
        return {path: said} if value is not None else {}
    return {name: said for part in parts for name, said in part.items()}
