"""What failed alike: a reason without what differs from record to record.

`HTTP 400: mobile 9800000001 is invalid` of a thousand leads is one cause, `HTTP 400: mobile … is invalid`. Numbers,
ids, dates, quoted values and whatever may be a person's name go; words and the names of fields stay. A name that is
spelled like any other word, small and unquoted, can't be told from one.

Pure Python: no Django, no clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from crm_integrations import records

LONGEST = 200
LOOKED_AT = 2000
GONE = "…"
# What a vendor says besides the names of our own fields. A capital letter within a sentence is somebody's name,
# unless the word is one of these.
SAID = """
aadhaar account address amount api applicant application authentication bad bank birth body borrower branch card
channel city client code company conflict content contract country crm currency customer date deal declined
deposit district dns dob document duplicate email emi entity error exceeded exist exists expired failed failure
field first forbidden format found gateway gender general given gst http https id identity ifsc inactive
incorrect inn internal invalid is isin json key kyc last lead length limit line loan los maximum method middle
minimum mismatch missing mobile must name nationality not null number offer optional order otp page pan
parameter passport path payload payment person phone pin pincode please postal process processed product program
property protocol reason record ref reference refused region reject rejected report request required response
schema series server service session source ssl state status street sub subdivision success surname tax tenure
the timeout tls token too transaction type unauthorized unavailable unexpected unique unknown unsupported url
user uuid validation value version xml zip
"""
WORDS = frozenset(SAID.split())
PARTS = [
    each
    for each in vars(records).values()
    if isinstance(each, type) and hasattr(each, "__dataclass_fields__")
]
OURS = frozenset(
    word for part in PARTS for field in fields(part) for word in (field.name, *field.name.split("_"))
)
KNOWN = WORDS | OURS
# Where a vendor repeats what it was sent, or numbers its own answer.
REPEATED = "input value received given got ctx url id trace trace_id request_id timestamp time data"
ECHOES = frozenset(REPEATED.split())
TELLING = frozenset(["type", "code", "error", "message", "detail", "msg", "reason", "status"])
"""Where one word alone says what is wrong; anywhere else it may be a value that came back."""
HTTP_STATUS = re.compile(r"[1-5]\d\d")
MONTHS = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}", re.IGNORECASE)
QUOTED = re.compile(r"(?<!\w)(?:\"([^\"]*)\"|'([^']*)'|“([^”]*)”|‘([^’]*)’|`([^`]*)`|«([^»]*)»)(?!\w)(\s*:)?")
PIECE = re.compile(r"[\s\"'“”‘’`«»(){}<>,;=!?|]+")
INDEX = re.compile(r"\[\d*\]")
FIELD = re.compile(r"[a-z][A-Za-z]*(?:(?:_[A-Za-z]+|\.[a-z][A-Za-z]*|\[\])+(?:_?\d{1,2})?|[A-Z][A-Za-z]*)")
NUMBERED = re.compile(r"([a-z_]+?)_?\d{1,2}")
ENDS_SENTENCE = (".", ":", "!", "?", ";")


def normalised(reason: str) -> str:
    """The cause of `reason`: the same for all that failed alike, without a value of any record, at most 200 long."""
    text = reason[:LOOKED_AT]
    begins = min((at for at in (text.find("{"), text.find("[{"), text.find('["')) if at >= 0), default=-1)
    if begins >= 0:
        text = text[:begins] + _read(text[begins:])
    text = QUOTED.sub(_unquoted, INDEX.sub("[]", text))
    return _collapsed(_words(text))[:LONGEST].rstrip()


def _read(text: str) -> str:
    """`text` with the body at its beginning said field by field; as it is when that is no JSON, as when it was cut."""
    try:
        body, end = json.JSONDecoder().raw_decode(text)
        return "; ".join(dict.fromkeys(_said("", body))) + text[end:]
    except (ValueError, RecursionError):
        return text


def _said(path: str, value: Any) -> Iterator[str]:
    """`value` in lines of `path: words`. What only repeats a value is left out."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key.lower() not in ECHOES or isinstance(each, dict | list):
                yield from _said(f"{path}.{key}" if path else key, each)
    elif isinstance(value, list):
        for each in value:
            yield from _said(path, each)
    elif isinstance(value, str) and (
        " " in value.strip() or _is_field(value) or path.rpartition(".")[2] in TELLING
    ):
        yield f"{path}: {value}" if path else value


def _unquoted(found: re.Match[str]) -> str:
    """The name of a field without its quotes; a sentence too, for its words are looked at next; a value goes."""
    inside = next((each for each in found.groups()[:6] if each is not None), "")
    colon = ":" if found[7] else ""
    if colon or _is_field(inside) or (inside.count(" ") > 2 and len(inside) > 20):
        return inside + colon
    return GONE


def _is_field(word: str) -> bool:
    """Whether `word` names a field: one of the known ones, or spelled as only fields are."""
    return word.lower() in KNOWN or FIELD.fullmatch(word) is not None


def _words(text: str) -> Iterator[str]:
    """The words of `text` and what stands between them; what a record brought into it is `GONE`."""
    opens, before, at = True, "", 0
    for gap in [*PIECE.finditer(text), None]:
        end = gap.start() if gap else len(text)
        word = text[at:end]
        if word:
            # A capital begins a sentence. Two in a row begin none: they are a name.
            yield _kept(word, before, opens and not _goes_on_capital(text, gap))
            opens, before = word.endswith(ENDS_SENTENCE), word
        if gap:
            yield gap[0]
            opens = opens or gap[0].strip() in ENDS_SENTENCE
            at = gap.end()


def _goes_on_capital(text: str, gap: re.Match[str] | None) -> bool:
    if gap is None or gap[0] != " " or text[gap.start() - 1] in ENDS_SENTENCE:
        return False
    following = PIECE.split(text[gap.end() : gap.end() + 40], maxsplit=1)[0].rstrip(".:")
    return following[:1].isupper() and following.lower() not in KNOWN


def _kept(word: str, before: str, opens: bool) -> str:
    bare = word.rstrip(".:")
    tail = word[len(bare) :]
    if bare == "[removed]" or "@" in bare or "://" in bare or GONE in bare or "XXX" in bare:
        return GONE + tail
    if any(each.isdigit() for each in bare):
        return _numbered(bare, before) + tail
    if MONTHS.fullmatch(bare) and any(each.isdigit() for each in before):
        return GONE + tail
    return word if _is_common(bare, opens) else GONE + tail


def _numbered(bare: str, before: str) -> str:
    """A status of HTTP and a field that counts (`line_2`) stay; any other number goes."""
    if before == "HTTP" and HTTP_STATUS.fullmatch(bare):
        return bare
    counting = NUMBERED.fullmatch(bare)
    return bare if (counting and counting[1] in KNOWN) or FIELD.fullmatch(bare) else GONE


def _is_common(bare: str, opens: bool) -> bool:
    """Whether it is a word that anybody's record could have brought forth."""
    if any(each.isalpha() and not (each.isupper() or each.islower()) for each in bare):
        return False  # of a script without small letters, a name can't be told
    if "_" in bare or not any(each.isupper() for each in bare) or _is_field(bare):
        return True
    parts = re.split(r"[-/.']", bare)
    return all(each.islower() or each.lower() in KNOWN or not each for each in parts) or (
        opens and (len(bare) == 1 or not bare.isupper())
    )


def _collapsed(words: Iterator[str]) -> str:
    """One mark for a run of what went, one blank for a run of them."""
    text = re.sub(r"\s+", " ", "".join(words)).strip()
    return re.sub(rf"{GONE}(?:[ ,.:/-]{{0,3}}{GONE})+", GONE, text)
