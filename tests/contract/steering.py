"""Leads generated requests past the first refusal: to records that there are, with bodies that are nearly right."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any

from tests.contract.belongings import REFERENCE_DATA, SAME_AS, Belongings, Unfed
from tests.contract.operations import OTHERS, Operation

KEPT = 3
"""Records of a kind at hand; one that a request has deleted is made anew."""


class Whose(Enum):
    """Who calls, and for whose record."""

    OWN = "one's own"
    GENERATED = "as generated"
    ANOTHERS = "another's"
    NOBODYS = "without a key"


WEIGHTS = {Whose.OWN: 6, Whose.GENERATED: 2, Whose.ANOTHERS: 1, Whose.NOBODYS: 1}


def whose(random: Random) -> Whose:
    return random.choices([*WEIGHTS], [*WEIGHTS.values()])[0]


@dataclass
class Records:
    """Ids of what one partner has, made as they are needed."""

    belongings: Belongings
    ids: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str, random: Random) -> str:
        known = self.ids.setdefault(SAME_AS.get(name, name), [])
        while len(known) < KEPT:
            try:
                known.append(self.belongings.id_of(name))
            except Unfed:  # a partner may have only so many of some kinds
                if not known:
                    raise
                break
        return random.choice(known)

    def keep(self, name: str, made: str) -> None:
        """What a generated request has made is as good as any."""
        self.ids.setdefault(name, []).append(made)

    def forget(self, gone: Any) -> None:
        """What has been answered with 404 is there no more."""
        for known in self.ids.values():
            if gone in known:
                known.remove(gone)


def steer(case: Any, operation: Operation, records: Records, random: Random) -> None:
    """Put ids of `records` where ids stand, and the printed example where the body is generated."""
    for name in operation.path_ids():
        case.path_parameters[name] = records.one(name, random)
    for name in REFERENCE_DATA.keys() & case.path_parameters.keys():
        if random.random() < 0.5:
            case.path_parameters[name] = REFERENCE_DATA[name]
    for name in operation.query_ids():
        if name in case.query or name in _needed(operation):
            case.query[name] = records.one(name, random)
    if isinstance(case.body, dict):
        case.body = _body(case, operation, records, random)


def _needed(operation: Operation) -> set[str]:
    return {name for name, told in operation.parameters("query").items() if told.get("required")}


def _body(case: Any, operation: Operation, records: Records, random: Random) -> dict[str, Any]:
    example = operation.example() if case.media_type == "application/json" else None
    body = _mixed(example, case.body, random) if example and random.random() < 0.7 else dict(case.body)
    for name in operation.body_ids(case.media_type):
        if name in body and random.random() < 0.9:
            body[name] = records.one(name, random)
    for name in OTHERS & body.keys():
        if name == "program_id" and random.random() < 0.9:
            body[name] = records.belongings.program_id
        elif name.endswith("ref_id") and random.random() < 0.9:
            body[name] = f"F-{random.getrandbits(48):x}"
    return body


def _mixed(example: Any, generated: Any, random: Random) -> Any:
    """The example, with something generated here and there."""
    if isinstance(example, dict) and isinstance(generated, dict):
        return _mixed_fields(example, generated, random)
    if isinstance(example, list) and isinstance(generated, list) and generated and random.random() < 0.7:
        return [_mixed(each, random.choice(generated), random) for each in example]
    return generated if random.random() < 0.03 else example


def _mixed_fields(example: dict[str, Any], generated: dict[str, Any], random: Random) -> dict[str, Any]:
    kept = {name: _mixed(value, generated.get(name, value), random) for name, value in example.items()}
    other = {name: value for name, value in generated.items() if name not in example}
    return kept | {name: value for name, value in other.items() if random.random() < 0.04}
