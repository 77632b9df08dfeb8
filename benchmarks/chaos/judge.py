"""The judge: what the vendors' ledger and our tables say of the same deliveries, compared line by line."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.chaos.rig import Rig


OPEN = ("waiting", "queued", "sending", "retrying", "unknown")
NOT_THERE = ("rejected", "dead", "failed", "skipped", "superseded", "cancelled")
"""States that say: surely nothing is at the vendor."""
OUR_REF = re.compile(r"\bRef ([^\s|\"\\]+)")
DELIVERIES = """
SELECT c.vendor, d.kind, coalesce(a.ref_id, d.ref), d.state, d.reference, coalesce(l.ref, '')
FROM crm_integrations_delivery d JOIN crm_integrations_connection c ON c.id = d.connection_id
LEFT JOIN leadops_loanaccount a ON a.id = d.loan_account_id
LEFT JOIN crm_integrations_delivery l ON l.lead_id = d.lead_id AND l.kind = 'lead' AND d.kind = 'loan_account'
    AND l.connection_id = (SELECT id FROM crm_integrations_connection WHERE vendor = 'crego_crm' LIMIT 1)
"""


@dataclass
class Verdict:
    """What became of all that was accepted; the lists name what should not be, and are empty when all is well."""

    accepted: int
    states: dict[str, int]
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    mistold: list[str] = field(default_factory=list)
    """Said to be nowhere, and held by the vendor all the same; or delivered under another's id."""

    @property
    def delivered(self) -> int:
        return self.states.get("delivered", 0)

    @property
    def review(self) -> int:
        return self.states.get("review", 0)

    @property
    def open(self) -> int:
        return sum(self.states.get(state, 0) for state in OPEN)

    @property
    def adds_up(self) -> bool:
        """accepted = delivered + rejected + dead + review + cancelled + open, and no other state is in use."""
        named = ("rejected", "dead", "cancelled")
        told = self.delivered + self.review + self.open + sum(self.states.get(each, 0) for each in named)
        return self.accepted == told

    @property
    def clean(self) -> bool:
        """Nothing lost, doubled, out of order or told wrongly, and the sum is right."""
        return self.adds_up and not (self.lost or self.duplicated or self.out_of_order or self.mistold)

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        wrong = [f"{len(self.lost)} lost", f"{len(self.duplicated)} duplicated"]
        wrong += [f"{len(self.out_of_order)} out of order", f"{len(self.mistold)} told wrongly"]
        wrong += [] if self.adds_up else ["THE SUM IS WRONG"]
        examples = [*self.lost, *self.duplicated, *self.out_of_order, *self.mistold][:5]
        named = f" ({'; '.join(examples)})" if examples else ""
        return f"{self.accepted} accepted: {states}; {', '.join(wrong)}{named}"


def judge(rig: Rig, accepted: int) -> Verdict:
    """Compare the ledger with the tables, when `accepted` deliveries were taken in."""
    rows = rig.sql(DELIVERIES)
    held = held_by_vendors(rig.ledger_file)
    times = Counter(name_of(entry) for entry in held)
    places = {name_of(entry): entry for entry in reversed(held)}
    verdict = Verdict(accepted, dict(Counter(state for _, _, _, state, _, _ in rows)))
    verdict.lost += [f"{accepted - len(rows)} deliveries have no row"] if len(rows) != accepted else []
    known = {(vendor, ref) for vendor, _, ref, *_ in rows}
    verdict.mistold += [
        f"{name} is at the vendor, and is none of ours" for name in times if name not in known
    ]
    verdict.duplicated += [f"{name} {count} times" for name, count in times.items() if count > 1]
    for vendor, kind, ref, state, reference, lead_ref in rows:
        entry = places.get((vendor, ref))
        name = f"{vendor} {ref} ({state})"
        if state == "delivered" and entry is None:
            verdict.lost.append(name)
        elif entry is not None and _told_wrongly(state, reference, entry):
            verdict.mistold.append(name)
        if kind == "loan_account" and entry is not None and not _after_its_lead(entry, places, lead_ref):
            verdict.out_of_order.append(name)
    return verdict


def held_by_vendors(ledger_file: Path) -> list[dict[str, Any]]:
    """What the vendors accepted, in order; the file is the judge, not the process that writes it."""
    entries = [json.loads(line) for line in ledger_file.read_bytes().split(b"\n")[:-1]]
    return [entry for entry in entries if entry["accepted"]]


def name_of(entry: dict[str, Any]) -> tuple[str, str]:
    """Whose object it is: the vendor, and our reference, which some vendors carry in their remarks."""
    if entry["reference"]:
        return entry["vendor"], entry["reference"]
    found = OUR_REF.search(json.dumps(entry["body"], ensure_ascii=False))
    return entry["vendor"], found.group(1) if found else "?"


def _told_wrongly(state: str, reference: str, entry: dict[str, Any]) -> bool:
    other = bool(reference) and reference != str(entry["id"])
    return state in NOT_THERE or (state == "delivered" and other)


def _after_its_lead(entry: dict[str, Any], places: dict[tuple[str, str], Any], lead_ref: str) -> bool:
    """The vendor's CRM held the lead before its LOS got the account, and the account names that very lead."""
    lead = places.get(("crego_crm", lead_ref))
    return lead is not None and lead["n"] < entry["n"] and entry["body"]["crm_lead_id"] == lead["id"]
