"""What matters is done by two: one officer asks, another one approves.

`ask` keeps a change, `approve`, `refuse` and `withdraw` end it, `inbox` says who sees it. What there is to approve is
registered as a `Kind` by the app that can do it; the forms and pages of the back office are where it is held up.
"""

from leadops.services.approvals import inbox
from leadops.services.approvals.asking import (
    AlreadyDecided,
    AlreadyWaits,
    NotYours,
    ask,
    end_if_moved,
    explain,
    needed,
    needed_over,
    open_of,
)
from leadops.services.approvals.deciding import NotExplained, approve, refuse, those_who_may, withdraw
from leadops.services.approvals.held import MAY_APPROVE, Held, MakerCannotApprove, NotForYou, OutOfDate
from leadops.services.approvals.kind import Data, Kind, Reach, line, version_of
from leadops.services.approvals.registry import kinds, register

__all__ = [
    "MAY_APPROVE",
    "AlreadyDecided",
    "AlreadyWaits",
    "Data",
    "Held",
    "Kind",
    "MakerCannotApprove",
    "NotExplained",
    "NotForYou",
    "NotYours",
    "OutOfDate",
    "Reach",
    "approve",
    "ask",
    "end_if_moved",
    "explain",
    "inbox",
    "kinds",
    "line",
    "needed",
    "needed_over",
    "open_of",
    "refuse",
    "register",
    "those_who_may",
    "version_of",
    "withdraw",
]
