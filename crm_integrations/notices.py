"""What operations should know of: raised and closed by the engine, mailed once, and kept for the back office."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm_integrations.models import Connection, Notice
from leadops import ids, mails, statements
from leadops.languages.said import said

logger = logging.getLogger(__name__)
MAILED_AT_ONCE = 50

# Written out, because the ORM can't say which of the two unique constraints it means.
RAISE = """
INSERT INTO crm_integrations_notice AS n (
    id, created_at, updated_at, connection_id, kind, subject, text, seen, last_seen_at
) VALUES (%s, now(), now(), %s, %s, %s, %s, 1, now())
ON CONFLICT (connection_id, kind, subject) WHERE closed_at IS NULL
DO UPDATE SET seen = n.seen + 1, last_seen_at = now(), updated_at = now(), text = excluded.text
"""


def raise_notice(connection: Connection | None, kind: Notice.Kind, text: str, subject: str = "") -> None:
    """Tell operations of a trouble; one that is open already is counted instead of told again.

    `connection`: None where it is about no vendor.
    `text` is in our own words and names no person: it is mailed. What a vendor said goes into `subject`, which is not.
    """
    about = connection.pk if connection else None
    statements.run(RAISE, [ids.uuid7(), about, kind.value, subject[:200], text[:500]])


def close(
    connection: Connection | None, kind: Notice.Kind, subject: str = "", *, seen_until: datetime | None = None
) -> bool:
    """The trouble is over, unless it was seen after `seen_until`; False when there was no such open notice."""
    open_ones = Notice.objects.filter(connection=connection, kind=kind, subject=subject, closed_at=None)
    if seen_until is not None:
        open_ones = open_ones.filter(last_seen_at__lte=seen_until)
    return bool(open_ones.update(closed_at=Now(), updated_at=Now()))


def tell() -> int:
    """Mail operations the open notices they were not told of; returns how many.

    They are marked only once the mail is on its way: two mails are better than none.
    """
    if not settings.OPERATIONS_EMAIL:
        return 0
    untold = Notice.objects.filter(closed_at=None, told_at=None).select_related("connection")
    found = list(untold.order_by("created_at")[:MAILED_AT_ONCE])
    if not found:
        return 0
    try:
        mails.send(lambda: (_subject(found), _text(found)), settings.OPERATIONS_EMAIL)
    except OSError as error:  # smtplib's errors are among them
        logger.error("Operations could not be mailed: %s.", type(error).__name__)
        return 0
    return Notice.objects.filter(pk__in=[notice.pk for notice in found]).update(told_at=Now())


def _subject(found: Sequence[Notice]) -> str:
    told = {"what": found[0], "count": len(found) - 1}
    return _("leadops: %(what)s and %(count)s more") % told if told["count"] else f"leadops: {found[0]}"


def _text(found: Sequence[Notice]) -> str:
    since = _("Since %(moment)s.")
    lines = [
        f"{each}\n  {said(each.text)}\n  {since % {'moment': _moment(each.created_at)}}" for each in found
    ]
    where = _("Details are in the back office, with the notices and on the connections' pages.")
    return "\n\n".join([*lines, where])


def _moment(when: datetime) -> str:
    return date_format(timezone.localtime(when), "DATETIME_FORMAT")
