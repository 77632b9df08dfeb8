"""What officers write on leads, and telling colleagues whom they mention."""

from __future__ import annotations

import re
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadops.errors import LeadopsError
from leadops.models import Lead, Note, Officer, Task
from leadops.validation import refuse_cards

LONGEST = 4000
MOST_MENTIONED = 20
_MENTION = re.compile(r"(?<![\w@.])@([\w.@+-]*\w)")


class NotWritten(LeadopsError):
    """This note can't be kept."""


class Written(NamedTuple):
    """A note, whom it told, and the names in it that are of nobody who may see the lead."""

    note: Note
    told: list[Officer]
    not_told: list[str]


@transaction.atomic
def write(lead: Lead, text: str, by: Officer) -> Written:
    """Keep a note on `lead`; a colleague who is mentioned in it and may see the lead finds it among their tasks.

    Raises NotWritten for an empty one, one that is too long, and one with a card number.
    """
    text = checked(text, LONGEST)
    note = Note.objects.create(lead=lead, by=by, text=text)
    names = list(dict.fromkeys(name.casefold() for name in _MENTION.findall(text)))[:MOST_MENTIONED]
    told = [officer for officer in _named(names) if officer != by and may_see(officer, lead)]
    now = timezone.now()
    for officer in told:
        title = _("Read the note of %(officer)s") % {"officer": by}
        Task.objects.create(lead=lead, owner=officer, by=by, title=title, due_at=now, note=note)
    known = {officer.username.casefold() for officer in (*told, by)}
    return Written(note, told, [name for name in names if name not in known])


def checked(text: str, longest: int) -> str:
    """`text` as it may be kept; raises NotWritten where it is none, too long, or holds a card number."""
    text = text.strip()
    if not text:
        raise NotWritten(_("Write something first."))
    if len(text) > longest:
        raise NotWritten(_("This is longer than %(most)s characters.") % {"most": f"{longest:,}"})
    if findings := refuse_cards(text):
        raise NotWritten(findings[0].message)
    return text


def _named(names: list[str]) -> list[Officer]:
    """The officers of these user names, which people spell with capitals or without."""
    if not names:
        return []
    any_case = Officer.objects.filter(username__iregex=f"^({'|'.join(map(re.escape, names))})$")
    return list(any_case.filter(is_active=True, is_staff=True).order_by("pk"))


def may_see(officer: Officer, lead: Lead) -> bool:
    """Whether `officer` may look at leads, and `lead` is within their reach."""
    may = officer.is_active and officer.has_perm("leadops.view_lead")
    return may and Lead.objects.visible_to(officer).filter(pk=lead.pk).exists()
