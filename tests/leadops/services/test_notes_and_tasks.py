"""Notes with mentions, and tasks with reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from leadops import statements
from leadops.admin import work_timeline
from leadops.models import Lead, Note, Officer, Task
from leadops.services import lead_tasks, notes
from tests import people


@pytest.fixture
def lead(partner, program):
    partner.branch = people.branch("pune")
    partner.save()
    return people.leads_of(partner, program)[0]


@pytest.fixture
def ravi(lead):
    """A colleague in the lead's branch who may look at leads."""
    ravi = people.officer("ravi.k", superuser=False)
    ravi.reach = Officer.Reach.BRANCHES
    ravi.save()
    ravi.branches.add(lead.branch)
    people.give(ravi, "view_lead")
    return Officer.objects.get(pk=ravi.pk)


def test_a_note_is_sealed_and_told_on_the_timeline(lead, officer):
    notes.write(lead, " He asked for July. ", officer)
    [entry] = work_timeline.notes(lead, 50)
    assert (entry.words, entry.who) == ("He asked for July.", str(officer))
    [(stored,)] = statements.rows("SELECT text FROM leadops_note")
    assert b"July" not in bytes(stored)


@pytest.mark.parametrize("text", ["@Ravi.K please call", "call him, @ravi.k.", "(@ravi.k) @ravi.k!"])
def test_who_is_mentioned_has_a_task(lead, officer, ravi, text):
    assert notes.write(lead, text, officer).told == [ravi]
    task = lead_tasks.open_of(ravi).get()
    assert (task.note.text, task.title) == (text, "Read the note of asha")


def test_who_may_not_see_the_lead_is_not_told(lead, officer, ravi):
    ravi.branches.set([people.branch("nagpur")])
    people.officer("no.rights", superuser=False)
    written = notes.write(lead, "@ravi.k @no.rights @nobody @asha mail a@ravi.k", officer)
    assert written.told == []
    assert written.not_told == ["ravi.k", "no.rights", "nobody"]
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("text", "why"), [("  ", "Write something"), ("x" * 4001, "longer"), ("card 4111 1111 1111 1111", "card")]
)
def test_what_can_not_be_kept_is_refused(lead, officer, text, why):
    with pytest.raises(notes.NotWritten, match=why):
        notes.write(lead, text, officer)
    assert not Note.objects.exists()


def test_a_task_is_done_once_and_both_moments_are_told(lead, officer, ravi):
    task = lead_tasks.add(lead, "Call back", lead_tasks.on_day("tomorrow"), ravi, officer)
    lead_tasks.done(task, ravi)
    with pytest.raises(lead_tasks.AlreadyDone):
        lead_tasks.done(task, officer)
    assert [entry.words for entry in work_timeline.tasks(lead, 50)] == [
        "Done: Call back",
        "Task for ravi.k: Call back",
    ]
    assert not lead_tasks.open_of(ravi).exists()


def test_nobody_has_a_task_about_a_lead_that_they_may_not_see(lead, officer, ravi):
    lead_tasks.add(lead, "Call back", timezone.now(), ravi, officer)
    assert lead_tasks.due_of(ravi).count() == 1
    ravi.branches.clear()
    moved = Officer.objects.get(pk=ravi.pk)
    assert not lead_tasks.open_of(moved).exists()
    with pytest.raises(lead_tasks.NotTheirs, match=r"ravi\.k may not see"):
        lead_tasks.add(lead, "Call back", timezone.now(), moved, officer)


def test_each_officer_is_mailed_once_of_all_that_came_due(lead, officer, ravi, settings):
    settings.TASK_MAIL = True
    past = timezone.now() - timedelta(minutes=1)
    for title in ("Call Anjali", "Write to her"):
        lead_tasks.add(lead, title, past, ravi, officer)
    lead_tasks.add(lead, "Not yet", timezone.now() + timedelta(hours=1), ravi, officer)
    assert lead_tasks.remind() == 2
    assert lead_tasks.remind() == 0
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["ravi.k@lender.example"], "leadops: 2 tasks are due")
    assert "Anjali" not in sent.body
    task = Task.objects.order_by("pk").first()
    lead_tasks.put_off(task.pk, past)
    assert lead_tasks.remind() == 1


def test_without_mail_nobody_is_marked_as_reminded(lead, officer, settings):
    settings.TASK_MAIL = False
    lead_tasks.add(lead, "Call back", timezone.now(), officer, officer)
    assert lead_tasks.remind() == 0
    settings.TASK_MAIL = True
    settings.EMAIL_BACKEND = "tests.leadops.services.test_notes_and_tasks.Away"
    assert lead_tasks.remind() == 0
    assert not Task.objects.exclude(reminded_at=None).exists()


class Away:
    """A mail server that does not answer."""

    def __init__(self, *args: object, **kwargs: object) -> None: ...

    def send_messages(self, messages: object) -> int:
        raise ConnectionRefusedError


def test_days_of_the_quick_buttons_begin_in_the_morning():
    assert timezone.localtime(lead_tasks.on_day("tomorrow")).hour == 10
    assert (lead_tasks.on_day("next_week") - lead_tasks.on_day("tomorrow")).days == 6


def test_deleted_leads_have_no_tasks_to_do(lead, officer):
    lead_tasks.add(lead, "Call back", timezone.now(), officer, officer)
    Lead.objects.update(deleted_at=timezone.now())
    assert not lead_tasks.open_of(officer).exists()
