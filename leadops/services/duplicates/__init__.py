"""One rule for duplicates, whichever way a lead comes in: by workbook, by API or by the form.

`judge` says what becomes of drafts and writes nothing; `keep` and `keep_filled` store what came of it; `words` has the
sentences for officers and for partners.
"""

from leadops.services.duplicates import words
from leadops.services.duplicates.finding import Key, Keys, Known, first_of, is_open, keys_of
from leadops.services.duplicates.judging import Becomes, Foreseen, Match, Verdict, judge
from leadops.services.duplicates.keeping import (
    Gain,
    Pair,
    forget,
    keep,
    keep_filled,
    look_again,
    look_ahead,
    pairs_of,
)
from leadops.services.duplicates.records import Stored, stored

__all__ = [
    "Becomes",
    "Foreseen",
    "Gain",
    "Key",
    "Keys",
    "Known",
    "Match",
    "Pair",
    "Stored",
    "Verdict",
    "first_of",
    "forget",
    "is_open",
    "judge",
    "keep",
    "keep_filled",
    "keys_of",
    "look_again",
    "look_ahead",
    "pairs_of",
    "stored",
    "words",
]
