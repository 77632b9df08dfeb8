"""Reports by mail: an officer asks for one once, and gets it on its days at its hour.

`due_at` is the claim: who sends moves it past the end of a sending, under the condition that it still stands where it
was read, so of two that come at once only one sends. Once the mail is on its way it moves to the next day; a sender
that died leaves it due in a quarter of an hour.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from leadops.errors import LeadopsError
from leadops.excel.writer import CONTENT_TYPE
from leadops.faults import place_of
from leadops.models import AuditEvent, Branch, Officer, Partner, Program, ReportSubscription
from leadops.reports import catalogue, workbook
from leadops.reports.asked import Asked
from leadops.reports.tables import Report
from leadops.services import audit

logger = logging.getLogger(__name__)
Rhythm = ReportSubscription.Rhythm
LEASE = timedelta(minutes=15)
MOST_AT_ONCE = 100
MOST_OF_ONE = 20
MAIL_SERVER = "The mail server did not take it. It is tried again."
NOT_MADE = "It could not be made. Operations find the cause in the log."
CHOICES: dict[str, type[Program] | type[Branch] | type[Partner]] = {
    "program": Program,
    "branch": Branch,
    "partner": Partner,
}


class NoAddress(LeadopsError):
    """You have no e-mail address here: somebody who keeps the officers has to enter it first."""


class TooMany(LeadopsError):
    """You get 20 reports by mail already: end one of them first."""


class NotSent(LeadopsError):
    """The report was not sent."""


def subscribe(asked: Asked, report: Report, rhythm: str, hour: int, reason: str) -> ReportSubscription:
    """Have `report` mailed as it was asked for, over as many days each time; raises LeadopsError."""
    officer = asked.officer
    if not officer.email:
        raise NoAddress
    if ReportSubscription.objects.filter(officer=officer).count() >= MOST_OF_ONE:
        raise TooMany
    chosen = {name: str(pk) for name, pk in asked.chosen.items()}
    return ReportSubscription.objects.create(
        officer=officer,
        report=report.slug,
        filters={**chosen, "by": asked.by, "days": (asked.last - asked.first).days + 1},
        rhythm=rhythm,
        hour=hour,
        reason=reason,
        language=translation.get_language() or "",
        due_at=next_due(rhythm, hour, timezone.now()),
    )


def end(officer: Officer, subscription_id: UUID) -> bool:
    """Mail it no more; False when it is not theirs, or ended before."""
    gone, _each = ReportSubscription.objects.filter(officer=officer, pk=subscription_id).delete()
    return bool(gone)


def next_due(rhythm: str, hour: int, after: datetime) -> datetime:
    """The first moment after `after` on a day of `rhythm`, in our time zone."""
    day = timezone.localtime(after).date()
    while True:
        moment = timezone.make_aware(datetime.combine(day, time(hour)))
        if moment > after and _is_day(rhythm, day):
            return moment
        day += timedelta(days=1)


def _is_day(rhythm: str, day: date) -> bool:
    if rhythm == Rhythm.WEEKLY:
        return day.weekday() == 0
    return rhythm == Rhythm.DAILY or day.day == 1


# Sending -------------------------------------------------------------------------------------------------------------


def send_due(stop: Callable[[], bool] = lambda: False) -> int:
    """Send what is due; returns how many mails went out. One that fails holds up no other; no transaction is open."""
    sent = 0
    due = ReportSubscription.objects.filter(due_at__lte=Now()).select_related("officer")
    for each in due.order_by("due_at")[:MOST_AT_ONCE]:
        if stop():
            break
        until = _claim(each)
        if until is not None:
            sent += _send_claimed(each, until)
    return sent


def _claim(subscription: ReportSubscription) -> datetime | None:
    """Until when it is this sender's; None when another came first."""
    until = timezone.now() + LEASE
    as_read = ReportSubscription.objects.filter(pk=subscription.pk, due_at=subscription.due_at)
    return until if as_read.update(due_at=until) else None


def _send_claimed(subscription: ReportSubscription, until: datetime) -> bool:
    """Whether the mail went out; the next one is due either way, but where the mail server was not to be reached."""
    mine = ReportSubscription.objects.filter(pk=subscription.pk, due_at=until)
    following = next_due(subscription.rhythm, subscription.hour, timezone.now())
    try:
        _send(subscription)
    except NotSent as refusal:
        mine.update(due_at=following, trouble=str(refusal)[:200])
        return False
    except OSError as error:  # smtplib's errors are among them: it is tried again when the claim ends
        logger.error("Report %s could not be mailed: %s.", subscription.pk, type(error).__name__)
        mine.update(trouble=MAIL_SERVER)
        return False
    except Exception as error:
        logger.error("Report %s could not be made: %s.", subscription.pk, place_of(error))
        mine.update(due_at=following, trouble=NOT_MADE)
        return False
    mine.update(due_at=following, sent_at=Now(), trouble="")
    return True


def _send(subscription: ReportSubscription) -> None:
    """Mail the report as its officer may see it at this moment; raises NotSent and OSError."""
    officer = subscription.officer
    with translation.override(officer.language or subscription.language or None):
        report = catalogue.REPORTS.get(subscription.report)
        if report is None:
            raise NotSent("There is no such report any more.")
        if not catalogue.may_read(officer, report):
            raise NotSent("You may not read this report any more.")
        if not officer.email:
            raise NotSent("You have no e-mail address here.")
        asked = asked_for(subscription)
        mail = EmailMessage(f"leadops: {report.title}", _text(report, asked), None, [officer.email])
        with workbook.workbook(report, asked, report.answer(asked)) as file:
            mail.attach(f"{report.slug}-{asked.last:%Y-%m-%d}.xlsx", file.read(), CONTENT_TYPE)
        mail.send()
        days = f"{asked.first.isoformat()}/{asked.last.isoformat()}"
        with audit.acting(on_behalf_of=f"officer {officer}"):
            act, why = AuditEvent.Action.DOWNLOADED, subscription.reason
            audit.note(act, subscription, why, report=report.slug, days=days, road="mail")


def asked_for(subscription: ReportSubscription) -> Asked:
    """What it asks for today: as many days as were chosen, up to yesterday; raises NotSent."""
    filters = subscription.filters
    last = timezone.localdate() - timedelta(days=1)
    chosen: dict[str, Any] = {}
    for name, model in CHOICES.items():
        if name in filters:
            chosen[name] = model.objects.filter(pk=filters[name]).first()
            if chosen[name] is None:
                raise NotSent("What it was narrowed to is not here any more.")
    first = last - timedelta(days=int(filters["days"]) - 1)
    return Asked(subscription.officer, first, last, str(filters.get("by", "")), **chosen)


def _text(report: Report, asked: Asked) -> str:
    period = workbook.spoken_period(asked) if report.of_a_period else ""
    lines = [
        str(report.about),
        period,
        _("The workbook holds counts and times only, and nothing of a borrower."),
    ]
    lines.append(_("You asked for it on the page “Reports” of the back office, where you can end it."))
    return "\n\n".join(line for line in lines if line)
