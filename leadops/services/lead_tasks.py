"""Tasks about leads: setting them, doing them, and reminding of them."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadops import mails
from leadops.errors import LeadopsError
from leadops.ids import midnight
from leadops.models import Lead, Officer, Task
from leadops.services import notes

logger = logging.getLogger(__name__)
LONGEST = 200
REMINDED_AT_ONCE = 500
MORNING = timedelta(hours=10)
DAYS = {"tomorrow": 1, "three_days": 3, "next_week": 7}
"""How many days ahead the quick buttons set a task."""


class NotTheirs(LeadopsError):
    """Who may not see the lead can have no task about it."""


class AlreadyDone(LeadopsError):
    """This task was done meanwhile."""


def on_day(word: str) -> datetime:
    """The morning that a quick button means; raises KeyError for a word that is none of them."""
    return midnight(timezone.localdate() + timedelta(days=DAYS[word])) + MORNING


def add(lead: Lead, title: str, due_at: datetime, owner: Officer, by: Officer) -> Task:
    """Set `owner` a task about `lead`; raises NotTheirs, or NotWritten for a title that can't be kept."""
    title = notes.checked(title, LONGEST)
    if not notes.may_see(owner, lead):
        raise NotTheirs(_("%(officer)s may not see this lead.") % {"officer": owner})
    return Task.objects.create(lead=lead, title=title, due_at=due_at, owner=owner, by=by)


def done(task: Task, by: Officer) -> None:
    """Note that `task` is done; raises AlreadyDone."""
    open_one = Task.objects.filter(pk=task.pk, done_at=None)
    if not open_one.update(done_at=Now(), done_by=by, updated_at=Now()):
        raise AlreadyDone(_("This task was done meanwhile."))


def put_off(task_id: UUID, due_at: datetime) -> None:
    """Have an open task due later; it reminds anew. Raises AlreadyDone."""
    open_one = Task.objects.filter(pk=task_id, done_at=None)
    if not open_one.update(due_at=due_at, reminded_at=None, updated_at=Now()):
        raise AlreadyDone(_("This task was done meanwhile."))


def open_of(officer: Officer) -> QuerySet[Task]:
    """What `officer` has to do yet, about leads that they may see."""
    seen = Lead.objects.visible_to(officer).values("pk")
    return Task.objects.filter(owner=officer, done_at=None, lead__in=seen)


def due_of(officer: Officer) -> QuerySet[Task]:
    """What `officer` has to do by the end of today."""
    return open_of(officer).filter(due_at__lt=end_of_today())


def parts_of(officer: Officer) -> dict[str, QuerySet[Task]]:
    """What `officer` has to do yet: what is overdue, what is still due today, and what comes later."""
    tasks, now, end = open_of(officer), timezone.now(), end_of_today()
    return {
        "overdue": tasks.filter(due_at__lte=now),
        "today": tasks.filter(due_at__gt=now, due_at__lt=end),
        "later": tasks.filter(due_at__gte=end),
    }


def end_of_today() -> datetime:
    return midnight(timezone.localdate() + timedelta(days=1))


def remind() -> int:
    """Mail each officer once of tasks that have come due; returns how many tasks that were.

    Where no mail is set up nobody is mailed, and My tasks tells them. The mail names no lead: it leaves the house.
    """
    if not settings.TASK_MAIL:
        return 0
    due = Task.objects.filter(done_at=None, reminded_at=None, due_at__lte=timezone.now())
    tasks = list(due.select_related("owner")[:REMINDED_AT_ONCE])
    counts = Counter(task.owner for task in tasks)
    told = {officer.pk for officer, count in counts.items() if _mail(officer, count)}
    mailed = [task.pk for task in tasks if task.owner_id in told]
    return Task.objects.filter(pk__in=mailed).update(reminded_at=Now())


def _mail(officer: Officer, count: int) -> bool:
    """Whether nothing more is to be tried: who has left, or has no address, is not asked for again and again."""
    if not officer.is_active or not officer.email:
        return True

    def written() -> tuple[str, str]:
        subject = ngettext("leadops: a task is due", "leadops: %(count)s tasks are due", count)
        return subject % {"count": count}, _("What is to be done stands under My tasks in the back office.")

    try:
        mails.send(written, [officer.email])
    except OSError as error:  # smtplib's errors are among them
        logger.error("An officer could not be mailed of tasks: %s.", type(error).__name__)
        return False
    return True
