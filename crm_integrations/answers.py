"""Reading JSON, a vendor's or our own: whatever stands there becomes a value that can be relied on, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

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


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What `value` holds, each by its path (`applicants[0].name`); an empty object or list is one of them."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for at, each in enumerate(value):
            yield from leaves(each, f"{path}[{at}]")
    else:
        yield path, value


def flat(value: Any) -> dict[str, str]:
    """The texts and numbers in `value` by their paths, as text; what is null or empty is left out."""
    return texts(leaves(value))


def texts(found: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Leaves as text; what is null or empty is left out."""
    return {
        path: json.dumps(value) if isinstance(value, bool) else str(value)
        for path, value in found
        if value is not None and not isinstance(value, dict | list)
    }


def fields_of_body(body: str | bytes) -> dict[str, Any] | None:
    """The leaves of a request's body, which is JSON, else a form; None where it is empty or JSON that was cut."""
    said = body.decode(errors="replace") if isinstance(body, bytes) else body
    try:
        return dict(leaves(json.loads(said)))
    except (ValueError, RecursionError):
        is_form = said[:1] not in ("{", "[")  # else it is JSON that was cut
        return (is_form and dict(parse_qsl(said, keep_blank_values=True))) or None
