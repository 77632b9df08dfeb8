"""Very many generated requests to a served API; every answer is held against the schema that it serves.

No answer may be a 5xx, have a status, a type or a shape that the schema does not name, or serve a record to somebody
who is not its owner.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from random import Random
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import patience
from tests.contract.belongings import Belongings
from tests.contract.operations import Operation, makers, operations, read
from tests.contract.programs import Program
from tests.contract.steering import Records, Whose, steer, whose

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
UNSENDABLE = (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError)
"""What no HTTP client can bring on its way."""
WITH_BODY = 4
"""An operation that takes a body gets so many times the cases of one that takes none."""
SHOWN = 600


@dataclass
class Found:
    """What came of the cases."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    unsendable: int = 0
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    times: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def cases(self) -> int:
        return sum(map(Counter.total, self.statuses.values()))

    def fault(self, operation: Operation, what: str, shown: str) -> None:
        """Keep the first of each kind; the others are counted."""
        self.times[str(operation), what] += 1
        self.faults.setdefault((str(operation), what), shown)


class Fuzz:
    """Requests of two partners, each of whom must not see the other."""

    def __init__(self, url: str, keys: tuple[str, str], program_id: str) -> None:
        served = requests.get(f"{url}/v1/schema/", timeout=patience.SECONDS)
        served.raise_for_status()
        self.schema = read(served.content)
        self.generators = schemathesis.openapi.from_dict(self.schema)
        self.one, self.other, self.nobody = (Program(url, key) for key in (*keys, None))
        self.own = Records(Belongings(self.schema, self.one, program_id))
        self.anothers = Records(Belongings(self.schema, self.other, program_id))
        self.makes = makers(operations(self.schema))
        self.found = Found()

    def close(self) -> None:
        for program in (self.one, self.other, self.nobody):
            program.close()

    def run(self, cases: int, rounds: int, first_seed: int) -> Found:
        """At least `cases` cases over all operations, `rounds` times one operation after the other."""
        known = operations(self.schema)
        share = cases / rounds / sum(map(_weight, known))
        for number in range(first_seed, first_seed + rounds):
            for operation in known:
                self._try(operation, ceil(share * _weight(operation)), number)
        return self.found

    def _try(self, operation: Operation, cases: int, number: int) -> None:
        generator = self.generators[operation.path][operation.method]
        modes = [generator.as_strategy(generation_mode=mode) for mode in GenerationMode]

        @seed(number)
        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(modes), draw=st.integers(0, 2**32))
        def each(case: Any, draw: int) -> None:
            self._send(case, operation, Random(draw))

        each()

    def _send(self, case: Any, operation: Operation, random: Random) -> None:
        who = whose(random)
        records = self.anothers if who is Whose.ANOTHERS else self.own
        if who is not Whose.GENERATED:
            steer(case, operation, records, random)
        program = self.nobody if who is Whose.NOBODYS else self.one
        try:
            answer = program.send(case)
        except UNSENDABLE:
            self.found.unsendable += 1
        except requests.RequestException as error:
            self.found.fault(operation, f"no answer: {type(error).__name__}", _shown(case))
        else:
            self._judge(case, operation, who, answer)

    def _judge(self, case: Any, operation: Operation, who: Whose, answer: Any) -> None:
        self.found.statuses.setdefault(str(operation), Counter())[answer.status_code] += 1
        served = answer.status_code < 300
        if answer.status_code == 404 or (served and operation.method == "DELETE"):
            for gone in case.path_parameters.values():
                self.own.forget(gone)
        if served and operation.method == "POST" and operation.path in self.makes:
            self.own.keep(self.makes[operation.path], answer.json()["id"])
        if served and who is Whose.NOBODYS and not operation.is_open:
            self.found.fault(operation, "served without a key", _shown(case, answer))
        if served and who is Whose.ANOTHERS and operation.path_ids():
            self.found.fault(operation, "served another's record", _shown(case, answer))
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            for each in failures.exceptions:
                self.found.fault(
                    operation, f"{each.title} ({answer.status_code})", _shown(case, answer, each)
                )


def _weight(operation: Operation) -> int:
    return WITH_BODY if operation.media_types() else 1


def _shown(case: Any, answer: Any = None, failure: Any = None) -> str:
    """The case and its answer, to be found again; never the key."""
    body = "" if case.media_type is None else str(case.body)[:SHOWN]
    said = f"{case.method} {case.formatted_path} {case.query} {body}"
    if answer is not None:
        said += f"\n    -> {answer.status_code} {answer.content[:SHOWN]!r}"
    return said + (f"\n    {str(failure.message)[:SHOWN]}" if failure is not None else "")
