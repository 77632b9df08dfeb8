"""The refusal of card data wherever it comes in: names of fields and headers, and values.

A lender that keeps card numbers or CVCs falls under PCI DSS, so there is no place for them here, not even a
column that is thrown away later. The message never carries what was found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, wraps
from typing import TypeVar

from leadops.validation.card_numbers import SHORTEST_HIDDEN, hidden_numbers
from leadops.validation.findings import Finding, findings_at, problem
from leadops.validation.long_numbers import OURS, Fields, without_false_alarms
from leadops.validation.plain_text import plain

T = TypeVar("T")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_A_WORD = re.compile(r"[\W_]+")
_OTHER_CARDS = re.compile(
    r"\b(?:pan|aadhaar|aadhar|adhaar|adhar|uid|id|identity|ration|voters?|election|epic|job|health|visiting|labour"
    r"|employee|e ?shram|ayushman|abha|business|sim|green|soil health) ?cards?"
)
_CARD_FIELD = re.compile(
    r"\bc ?v ?[cv](?: ?2)?\b|cvv|\bcvn\b"
    r"|card ?(?:no|nos|nr|num|numbers?|owner|pin|expiry|expiration|exp|validity|cv[cvn]2?)\b"
    r"|card ?(?:holder|security|verification)"
    r"|(?:number|name|holder|digits|expiry) ?(?:on|of) ?(?:the )?card"
    r"|valid ?thru|\b(?:expiry|expiration) ?month|\bexp ?(?:mm|yy)\b|\batm ?pin\b"
    r"|^(?:(?:credit|debit|bank|payment|atm|repayment) ?)?cards?$"
    r"|\b(?:credit|debit) ?card ?(?:details|data|info)"
    r"|карт[аыуе]? ?(?:номер|срок)|номер ?карты|держател[ья] ?карты|срок ?действия ?карты"
)
_USUAL_NAME = 64  # a longer name is not worth remembering
_BEYOND_CARDS = 10**19


def _remembered(judge: Callable[[str], T]) -> Callable[[str], T]:
    """Keep what `judge` says of names of a usual length: the same few come in every body."""
    remembering = lru_cache(maxsize=2048)(judge)
    return wraps(judge)(lambda name: remembering(name) if len(name) <= _USUAL_NAME else judge(name))


@_remembered
def names_card_data(name: str) -> bool:
    """Say whether a field or header asks for card data in any spelling: `cardNumber`, `C.V.V.`."""
    words = _CAMEL.sub(" ", unicodedata.normalize("NFKC", name))
    words = _NOT_A_WORD.sub(" ", words).strip().casefold()
    return _CARD_FIELD.search(_OTHER_CARDS.sub(" ", words)) is not None


@_remembered
def _shown(name: str) -> str:
    """A name in a finding's path, where a card number must not come back."""
    return "(number)" if hidden_numbers(plain(name)) else name


@_remembered
def _is_refused(name: str) -> bool:
    return names_card_data(name) or _shown(name) != name


def refuse_header(header: str) -> list[Finding]:
    """Refuse a workbook's column that asks for card data; the finding's field is the header."""
    if not names_card_data(header):
        return []
    return findings_at(header, (problem("card_data", what="column"),))


def refuse_cell(field: str, attribute: str, value: object) -> list[Finding]:
    """Refuse a cell that holds a card number or a full Aadhaar number.

    `attribute` is what the column holds: an account number or a mobile is what it says, unless it is written in the
    groups that stand on a card.
    """
    return _refuse_value(field, value, attribute, OURS)


def refuse_cards(data: object, field: str = "", long_numbers: Fields = OURS) -> list[Finding]:
    """Find card data and full Aadhaar numbers anywhere in a raw JSON tree, before its shape is checked.

    `field` is the path of the tree itself, empty for a whole body; `long_numbers` are the fields that may hold what
    looks like one, by their paths.
    """
    findings: list[Finding] = []
    for path, name, value in _walk(data, field):
        if name is None or not _is_refused(name):
            findings += _refuse_value(path, value, path, long_numbers)
        else:
            findings += findings_at(path, (problem("card_data", what="field"),))
    return findings


def _refuse_value(field: str, value: object, path: str, long_numbers: Fields) -> list[Finding]:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or _is_short(value):
        return []
    text = _as_written(value)
    found = hidden_numbers(text)
    return findings_at(field, without_false_alarms(found, text, path, long_numbers)) if found else []


def _walk(data: object, field: str) -> Iterator[tuple[str, str | None, object]]:
    """Give path, key and value of everything in the tree, in reading order, without recursion."""
    waiting: list[tuple[str, str | None, object]] = [(field, None, data)]
    while waiting:
        path, name, value = waiting.pop()
        yield path, name, value
        if isinstance(value, Mapping):
            inner = [(_step(path, str(key)), str(key), each) for key, each in value.items()]
            waiting += reversed(inner)
        elif isinstance(value, list | tuple):
            waiting += [(f"{path}[{at}]", None, value[at]) for at in reversed(range(len(value)))]


def _step(path: str, key: str) -> str:
    return f"{path}.{_shown(key)}" if path else _shown(key)


def _is_short(value: object) -> bool:
    return isinstance(value, str) and len(value) < SHORTEST_HIDDEN and value.isascii()


def _as_written(value: str | int | float) -> str:
    if isinstance(value, str):
        return plain(value)
    if abs(value) >= _BEYOND_CARDS or value != value:
        return ""
    return str(int(value))
