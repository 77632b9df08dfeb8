"""The tables of docs/api.md that the code already knows.

Run it to write them anew: `python -m tests.leadops.api.docs_tables`. A test holds the page against them.
"""

from __future__ import annotations

import re
from pathlib import Path

from leadops.api.codes import CODES as FORM_CODES
from leadops.api.problems import Type
from leadops.validation.codes import CODES as CONTENT_CODES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api.md"


def types() -> str:
    """Every type of problem."""
    lines = ["| `type`, after `urn:leadops:problem:` | status | title |", "| --- | --- | --- |"]
    lines += [f"| `{each.value.slug}` | {each.status} | {each.value.title} |" for each in Type]
    return "\n".join(lines)


def codes() -> str:
    """Every code of a validation error or warning."""
    lines = ["| `code` | in | message |", "| --- | --- | --- |"]
    lines += [f"| `{code}` | errors | {words} |" for code, words in FORM_CODES.items()]
    lines += [
        f"| `{code}` | {each.severity}s | {each.template} |"
        for code, each in CONTENT_CODES.items()
        if code not in FORM_CODES
    ]
    return "\n".join(lines)


def page() -> str:
    """docs/api.md with its tables as they should be."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in (("types", types()), ("codes", codes())):
        marks = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = marks.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
