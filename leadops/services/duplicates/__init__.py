"""One rule for duplicates, whichever way a lead comes in: by workbook, by API or by the form.

`judge` says what becomes of drafts and writes nothing; `keep` and `keep_filled` store what came of it; `words` has the
sentences for officers and for partners.
"""

from leadops.services.duplicates import words
from leadops.services.duplicates.finding import Known
from leadops.services.duplicates.judging import Becomes, Match, Verdict, judge
from leadops.services.duplicates.keeping import Pair, keep, keep_filled, look_again, pairs_of
from leadops.services.duplicates.records import draft_of

__all__ = [
    "Becomes",
    "Known",
    "Match",
    "Pair",
    "Verdict",
    "draft_of",
    "judge",
    "keep",
    "keep_filled",
    "look_again",
    "pairs_of",
    "words",
]
