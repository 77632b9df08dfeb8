"""The web page at `/`: what each vendor holds, down to the bodies, and which faults are in force."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .ledger import Entry
from .vendor import Vendor

if TYPE_CHECKING:
    from .server import SandboxServer

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}
NEWEST = 50
ZONE = ZoneInfo(os.environ.get("TIME_ZONE") or "Asia/Kolkata")
"""As the back office beside it shows times."""
HOW_TO_ORDER = """<details><summary>Order a fault</summary><pre tabindex=0>
curl -d '{"vendor": "ispcrm", "fault": "500_after", "times": 3}' …/__sandbox__/faults
curl -X DELETE …/__sandbox__/faults
</pre><p>docs/operations.md names all of them.</p></details>"""
STYLE = """
:root { color-scheme: light dark; --line: #8884; --faint: #8881; --warn: #c2410c }
* { box-sizing: border-box }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem }
p { margin: .2rem 0; opacity: .75 }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top }
td { overflow-wrap: anywhere } th { background: var(--faint); font-weight: 600; white-space: nowrap }
th:nth-child(2) { min-width: 4.5rem } summary { cursor: pointer }
pre { background: var(--faint); border-radius: 6px; font-size: 13px; margin: .3rem 0; max-height: 24rem;
  overflow: auto; padding: .6rem; white-space: pre-wrap }
td.often { white-space: nowrap } tr.again td.often { color: var(--warn); font-weight: 700 }
@media (max-width: 600px) {
  thead { display: none }
  tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0 }
  td { display: grid; grid-template-columns: 6.5rem 1fr; border: 0; padding: .1rem 0 }
  td > * { min-width: 0 } td::before { content: attr(data-label); opacity: .65 }
}
"""


def render(server: SandboxServer) -> str:
    """The page as HTML, with no script and nothing fetched from outside."""
    vendors = "".join(_vendor(server, vendor) for vendor in server.vendors)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Vendor sandbox</title><style>{STYLE}</style><h1>Vendor sandbox</h1>"
        "<p>A stand-in for the vendors. Nothing here is a real customer's.</p>"
        f"{_faults(server)}{vendors}</html>"
    )


def _vendor(server: SandboxServer, vendor: Vendor) -> str:
    counts = server.ledger.summary().get(vendor.slug, {"requests": 0, "accepted": 0, "duplicates": 0})
    heading = (
        f"<h2>{escape(vendor.label)}</h2><p>held {counts['accepted']} · repeated {counts['duplicates']}"
        f" · requests {counts['requests']}</p>"
    )
    seen: dict[str, Entry] = {}
    for entry in server.ledger.latest(vendor.slug, NEWEST):
        seen.setdefault(entry["reference"] or repr(entry["body"]), entry)
    if not seen:
        return heading
    rows = [_row(server, vendor, entry) for entry in seen.values()]
    return heading + _table(("When", "Id", "Reference", "Name", "How often", "Body"), rows)


def _row(server: SandboxServer, vendor: Vendor, entry: Entry) -> tuple[int, tuple[str, ...]]:
    often = server.ledger.times(entry)
    when = datetime.fromtimestamp(entry["at"], ZONE).strftime("%-d %b %Y, %H:%M:%S %Z")
    name = vendor.name_of(entry["body"])
    body = json.dumps(entry["body"], indent=2, ensure_ascii=False)
    return often, (when, str(entry["id"]), entry["reference"] or "–", name or "–", str(often), body)


def _faults(server: SandboxServer) -> str:
    rows = [
        (
            1,
            (
                str(fault["vendor"]),
                str(fault["fault"]),
                "until removed" if fault["times"] is None else str(fault["times"]),
                "–" if fault["value"] is None else str(fault["value"]),
                ", ".join(fault["kinds"]),
            ),
        )
        for fault in server.faults.shown()
    ]
    shown = _table(("Vendor", "Fault", "Times left", "Value", "Calls"), rows) if rows else "<p>None.</p>"
    return f"<h2>Faults in force</h2>{shown}{HOW_TO_ORDER}"


def _table(titles: tuple[str, ...], rows: Iterable[tuple[int, tuple[str, ...]]]) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join(
        f"<tr{' class=again' if often > 1 else ''}>"
        + "".join(
            f'<td data-label="{escape(title)}"{" class=often" if title == "How often" else ""}>'
            f"{_folded(cell) if title == 'Body' else f'<span>{escape(cell)}</span>'}</td>"
            for title, cell in zip(titles, cells, strict=True)
        )
        + "</tr>"
        for often, cells in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _folded(body: str) -> str:
    """A body that a press unfolds."""
    return f"<details><summary>Show</summary><pre tabindex=0>{escape(body)}</pre></details>"
