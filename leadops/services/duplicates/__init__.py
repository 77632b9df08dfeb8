"""One rule for duplicates, whichever way a lead comes in: by workbook, by API or by the form.

`judge` says what becomes of drafts and writes nothing; `keep` and `keep_filled` store what came of it; `words` has the
sentences for officers and for partners.
"""

from leadops.services.duplicates import words
from leadops.services.duplicates.finding import Keys, Known, keys_of
from leadops.services.duplicates.judging import Becomes, Match, Verdict, judge
from leadops.services.duplicates.keeping import Pair, keep, keep_filled, look_again, pairs_of

__all__ = [
    "Becomes",
    "Keys",
    "Known",
    "Match",
    "Pair",
    "Verdict",
    "judge",
    "keep",
    "keep_filled",
    "keys_of",
    "look_again",
    "pairs_of",
    "words",
]
