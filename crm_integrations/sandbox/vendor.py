"""What a vendor of the sandbox is: paths, credentials, an error shape, and a handler per operation."""

from __future__ import annotations

import argparse
import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import Any, ClassVar

from .ledger import Ledger
from .messages import Answer, Refused, Request


@dataclass(frozen=True)
class Route:
    """One operation; `path` is a regular expression for the whole path, its group is the object's id."""

    method: str
    path: str
    kind: str
    handler: Callable[[Request], Answer]


class Vendor(ABC):
    """One vendor: subclass it in a file of `vendors/` and the server finds it."""

    slug: ClassVar[str]
    label: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    """What the vendor's paths begin with: all vendors share one host and port."""
    credentials: ClassVar[Mapping[str, str]]
    """The defaults: fixed and obviously fake."""
    reference_field: ClassVar[str | None] = None
    """The body field that carries the caller's own reference."""
    never_kept: ClassVar[frozenset[str]] = frozenset()
    """Body fields whose values do not go into the ledger."""

    def __init__(self, credentials: Mapping[str, str], options: argparse.Namespace, ledger: Ledger) -> None:
        self.secrets = {**self.credentials, **credentials}
        self.options = options
        self.ledger = ledger
        self.moved: dict[str | int, dict[str, Any]] = {}
        """Fields of objects that somebody at the vendor changed since, by id; like faults, gone with a restart."""
        self._routes = [(route, re.compile(route.path)) for route in self.routes()]

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        """Add the flags that only this vendor has; most have none."""
        return

    @abstractmethod
    def routes(self) -> list[Route]:
        """The operations that this vendor offers."""

    @abstractmethod
    def error(self, status: int, reason: str) -> Answer:
        """An error in the vendor's own shape."""

    def move(self, object_id: str | int, fields: dict[str, Any]) -> bool:
        """Somebody at the vendor works on an object: from now on it reads otherwise. False when there is none."""
        if self.ledger.get(self.slug, object_id) is None:
            return False
        self.moved[object_id] = {**self.moved.get(object_id, {}), **fields}
        return True

    def flagged_error(self, reason: str) -> Answer:
        """A 200 whose body says that it failed."""
        answer = self.error(400, reason)
        answer.status = 200
        return answer

    @abstractmethod
    def name_of(self, body: dict[str, Any]) -> str:
        """The person or firm that a stored body is about, for the web page."""

    def match(self, request: Request) -> Route:
        """Find the operation, or refuse as the vendor would; sets the request's `argument`."""
        other_method = False
        for route, pattern in self._routes:
            found = pattern.fullmatch(request.path)
            if found and route.method == request.method:
                request.argument = found.group(1) if pattern.groups else ""
                return route
            other_method = other_method or found is not None
        if other_method:
            raise Refused(self.error(405, f'Method "{request.method}" not allowed.'))
        raise Refused(self.error(404, "Not found."))

    def json_object(self, request: Request) -> dict[str, Any]:
        """The request's body as a JSON object, or a 400."""
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise Refused(self.error(400, "Content-Type must be application/json."))
        if request.unreadable is not None:
            raise Refused(self.error(400, f"JSON parse error - {request.unreadable}"))
        if not isinstance(request.body, dict):
            raise Refused(self.error(400, "Invalid data. Expected an object."))
        return request.body


class Numbers:
    """Increasing numbers for a vendor's ids, going on after what the ledger already holds."""

    def __init__(self, first: int, taken: list[int]) -> None:
        self._count = count(max([first - 1, *taken]) + 1)
        self._lock = Lock()

    def next(self) -> int:
        with self._lock:
            return next(self._count)


def bearer_is(request: Request, token: str) -> bool:
    return same(request.headers.get("authorization", ""), f"Bearer {token}")


def same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def reason_header(reason: str) -> dict[str, str]:
    """Say why in a header of the sandbox's own, where the vendor's error body has no room for it."""
    return {"X-Sandbox-Reason": ascii(reason)[1:-1][:300]}
