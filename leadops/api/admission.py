"""Who may come in: the key is looked up and its call counted against the limits, all of it in one statement.

The minute that is counted begins with its first call. So exactly as many calls pass as the limit says, however many
come at once: the row of the count lets one after the other by.
"""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Model

from leadops import statements
from leadops.api.problems import Problem, Type
from leadops.models import ApiKey, Partner
from leadops.prepared import UNHURRIED, Statement, run

M = TypeVar("M", bound=Model)
SECONDS = 60
NETWORK_OF_ONE = 64
"""Of an IPv6 address, the bits that one customer of a network is given: the rest is the customer's to choose."""

ONE_MORE = f"""
INSERT INTO leadops_callwindow AS w (subject, began_at, calls) {{rows}}
ON CONFLICT (subject) DO UPDATE SET
    calls = CASE WHEN w.began_at > now() - interval '{SECONDS} seconds' THEN w.calls + 1 ELSE 1 END,
    began_at = CASE WHEN w.began_at > now() - interval '{SECONDS} seconds' THEN w.began_at ELSE now() END
RETURNING calls, ceil(extract(epoch FROM began_at - now()) + {SECONDS})::int AS rest
"""
OWN = ONE_MORE.format(rows="SELECT subject, now(), 1 FROM given WHERE fits AND own_limit IS NOT NULL")
WHOLE = ONE_MORE.format(
    rows="SELECT 'partner:' || p_id, now(), 1 FROM given LEFT JOIN own ON true"
    " WHERE fits AND (own_limit IS NULL OR own.calls <= own_limit)"
)
FAILED = ONE_MORE.format(rows="VALUES (%s, now(), 1)")
# A key without a limit of its own is counted with its partner alone; a call that its own limit refuses takes nothing
# from the partner's other keys. Always the key's row first, so that nobody waits in a circle.
ADMIT = f"""
WITH given AS (
    SELECT {{columns}}, {{subject}} AS subject, {{own_limit}} AS own_limit, {{fits}} AS fits,
        coalesce(p.calls_per_minute, %(usual)s) AS whole_limit
    FROM leadops_apikey k JOIN leadops_partner p ON p.id = k.partner_id
    LEFT JOIN leadops_partner t ON t.test_of_id = p.id
    WHERE {{key}} AND (k.mode = 'live' OR t.id IS NOT NULL) AND p.active AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
), own AS ({OWN}), whole AS ({WHOLE})
SELECT given.*, own.calls, own.rest, whole.calls, whole.rest
FROM given LEFT JOIN own ON true LEFT JOIN whole ON true
"""  # noqa: S608  parts of our own


class Count(NamedTuple):
    """How far a caller is with its limit: `rest` are the seconds until it is counted anew."""

    limit: int
    calls: int
    rest: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.calls)

    @property
    def headers(self) -> dict[str, str]:
        """What every answer tells of it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.rest),
            "RateLimit-Policy": f"{self.limit};w={SECONDS}",
        }

    def check(self, who: str) -> None:
        """Raise the problem of a caller that is past its limit."""
        if self.calls > self.limit:
            words = (
                f"{who} may make {self.limit} calls a minute. The next one is taken in {self.rest} seconds."
            )
            raise Problem(Type.TOO_MANY_CALLS, words, headers={"Retry-After": str(self.rest)})


class Admitted(NamedTuple):
    """A call that a key was found for. `space` is whose records it sees: the partner's own, or its test space."""

    key: ApiKey
    space: Partner
    fits: bool
    counts: tuple[tuple[str, Count], ...]


def admit(digest: str, address: str | None) -> Admitted | None:
    """The live key with this `digest`, and its call counted; None when there is none."""
    return _admitted(_by_digest(), {"digest": digest, "address": address})


def admit_by_id(key_id: UUID, address: str | None) -> Admitted | None:
    """The live key `key_id`, which the caller has shown before, and its call counted."""
    return _admitted(_by_id(), {"key": key_id, "address": address})


def admit_borrower(token_id: UUID, key_id: UUID) -> Admitted | None:
    """The live key `key_id` that made a borrower's token, and the borrower's call counted."""
    limit = settings.API_BORROWER_CALLS_PER_MINUTE
    return _admitted(_of_borrower(), {"token": token_id, "key": key_id, "limit": limit})


def refuse_more_failures(address: str | None) -> None:
    """Count a call with a wrong key; raises the problem of an address that made too many of them.

    A right key is taken from there all the same: behind one address there may be many systems of one partner, and
    nobody finds a key of 256 random bits by trying.
    """
    [(calls, rest)] = statements.rows(FAILED, [f"address:{_network(address)}"])
    Count(settings.API_FAILED_CALLS_PER_MINUTE, calls, rest).check("An address without a valid key")


def _network(address: str | None) -> str:
    if address is None:
        return "unknown"
    if (known := ip_address(address)).version == 4:
        return address
    return f"{ip_address(int(known) >> NETWORK_OF_ONE << NETWORK_OF_ONE)}/{NETWORK_OF_ONE}"


@cache
def _by_digest() -> Statement:
    text = _of_key("k.digest = %(digest)s")
    return Statement("admit_call", text, digest="text", address="inet", usual="int")


@cache
def _by_id() -> Statement:
    return Statement("admit_again", _of_key("k.id = %(key)s"), key="uuid", address="inet", usual="int")


def _of_key(which: str) -> str:
    return ADMIT.format(
        columns=_columns(),
        key=which,
        subject="'key:' || k.id",
        own_limit="k.calls_per_minute",
        fits="k.networks = '{}' OR coalesce(%(address)s <<= ANY (k.networks::inet[]), false)",
    )


@cache
def _of_borrower() -> Statement:
    """A borrower calls from wherever it is, so the addresses that the key may be used from say nothing here."""
    text = ADMIT.format(
        columns=_columns(),
        key="k.id = %(key)s",
        subject="'borrower:' || %(token)s::text",
        own_limit="%(limit)s",
        fits="true",
    )
    types = {"token": "uuid", "key": "uuid", "limit": "int", "usual": "int"}
    return Statement("admit_borrower", text, **types)


def _columns() -> str:
    parts = (("k", ApiKey), ("p", Partner), ("t", Partner))
    return ", ".join(f'{at}."{name}" AS {at}_{name}' for at, model in parts for name in _names(model))


@cache
def _names(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


def _admitted(statement: Statement, named: dict[str, Any]) -> Admitted | None:
    with connection.cursor() as cursor:
        unhurried = () if connection.in_atomic_block else (UNHURRIED,)
        run(cursor, named | {"usual": settings.API_CALLS_PER_MINUTE}, *unhurried, statement)
        if unhurried:
            cursor.nextset()
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    key, partner, test_space = _take(values, ApiKey), _take(values, Partner), _take(values, Partner)
    key.partner = partner
    _, own_limit, fits, whole_limit, own, own_rest, whole, whole_rest = values
    counts = (
        [("This key", Count(own_limit, own, own_rest))] if own is not None else [],
        [("This partner", Count(whole_limit, whole, whole_rest))] if whole is not None else [],
    )
    space = test_space if key.mode == ApiKey.Mode.TEST else partner
    return Admitted(key, space, fits, (*counts[0], *counts[1]))


def _take(values: list[Any], model: type[M]) -> M:
    """The row of `model` that `values` begin with, as the ORM would load it; they begin with what follows then."""
    names = _names(model)
    own = values[: len(names)]
    del values[: len(names)]
    return model.from_db(connection.alias, names, own)
