"""Records of a partner of every kind that the schema has ids of, made as its program would make them.

A record is made by the printed example of the operation that makes it; what takes no JSON has a function here.
"""

from __future__ import annotations

import itertools
from base64 import b64decode
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Protocol

from tests.contract.operations import Operation, makers, operations

NUMBERS = itertools.count(1)
SAME_AS = {"crm_lead_id": "lead_id", "related_model_id": "lead_id"}
"""Names of ids which are those of another name."""
REFERENCE_DATA = {"pincode": "151203", "ifsc": "CBIN0281814"}
"""Parameters of paths that are no ids, with a value that is known: everybody may read these."""
ROWS = "Mobile,Name\n9000000077,Asha Verma\n"
HOOK = {"url": "https://partner.example/hook", "events": ["lead.created"]}
WHITE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR42mP8z8DEwAAABQ0BA6UiEhkAAAAASUVORK5CYII="
)
"""A white picture of four dots, as PNG."""


class Unfed(Exception):
    """There is no way known here to make a record; say one in this module."""


class Calls(Protocol):
    """A program that calls the API with one key."""

    def post(self, path: str, body: Any) -> Any: ...

    def upload(self, path: str, fields: dict[str, str], name: str, content: bytes) -> Any: ...


class Belongings:
    """Makes records with one key, by the name that their id has in the schema."""

    def __init__(self, schema: dict[str, Any], calls: Calls, program_id: str) -> None:
        self.operations = operations(schema)
        self.calls = calls
        self.program_id = program_id

    def id_of(self, name: str) -> str:
        """The id of a new record."""
        name = SAME_AS.get(name, name)
        answer = BY_HAND[name](self) if name in BY_HAND else self._by_example(name)
        if answer.status_code >= 300:
            raise Unfed(f"{name}: {answer.status_code} {answer.content[:500]!r}")
        return str(answer.json()["id"])

    def _by_example(self, name: str) -> Any:
        making = self._making(name)
        if making.example() is None:
            raise Unfed(f"{making} prints no example in the schema")
        return self.calls.post(making.path, self.body(making))

    def body(self, making: Operation) -> dict[str, Any]:
        """The printed example, if any, with references that are new and ids that there are."""
        example = deepcopy(making.example() or {})
        return {name: self._fresh(name, value) for name, value in example.items()}

    def _fresh(self, name: str, value: Any) -> Any:
        if name == "program_id":
            return self.program_id
        if name.endswith("ref_id"):
            return f"R-{next(NUMBERS)}"
        return self.id_of(name) if name.endswith("_id") else value

    def _making(self, name: str) -> Operation:
        """The operation that answers with a new record of this kind."""
        for path, made in makers(self.operations).items():
            if made == name:
                return next(each for each in self.operations if (each.method, each.path) == ("POST", path))
        raise Unfed(f"no POST of the schema makes what {{{name}}} names")


def _import(belongings: Belongings) -> Any:
    fields = {"program_id": belongings.program_id}
    return belongings.calls.upload("/v1/crm/leads/import/", fields, "leads.csv", ROWS.encode())


def _document(belongings: Belongings) -> Any:
    about = {"related_model": "lead", "related_model_id": belongings.id_of("lead_id"), "document_type": "PAN"}
    return belongings.calls.upload("/v1/crm/documents/", about, "pan.png", WHITE)


def _subscription(belongings: Belongings) -> Any:
    return belongings.calls.post("/v1/events/subscriptions/", HOOK)


BY_HAND: dict[str, Callable[[Belongings], Any]] = {
    "import_id": _import,
    "document_id": _document,
    "subscription_id": _subscription,
}
