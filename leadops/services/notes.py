"""What officers write on leads, and telling colleagues whom they mention."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from leadops.errors import LeadopsError
from leadops.kept_queries import Kept
from leadops.models import Lead, Note, Officer, Task
from leadops.models.officer import OWN_LEADS_ONLY
from leadops.validation import refuse_cards

LONGEST = 4000
MOST_MENTIONED = 20
_BY_RIGHTS = "leadops.sign_in.rights.Rights"
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
    return _who_may_see(*_belongings(lead)).filter(pk=officer.pk).exists()


def who_may_see(lead: Lead) -> tuple[str, list[Any]]:
    """The SQL, with its parameters, of the ids of those who may look at leads and within whose reach `lead` is."""
    return _IDS.sql(*_belongings(lead))


def _belongings(lead: Lead) -> tuple[list[UUID], list[int]]:
    """The branch of `lead`, and the officers it is an own lead of."""
    theirs = [pk for pk in (lead.owner_id, lead.created_by_id) if pk]
    return [lead.branch_id] if lead.branch_id else [], theirs


def _who_may_see(branches: list[UUID], theirs: list[int]) -> QuerySet[Officer]:
    """`visible_to`, asked of the lead."""
    narrowed = Officer.objects.with_perm(OWN_LEADS_ONLY, include_superusers=False, backend=_BY_RIGHTS)
    of_branch = Officer.branches.through.objects.filter(branch_id__in=branches).values("officer_id")
    wide = Q(reach=Officer.Reach.ALL) | Q(reach=Officer.Reach.BRANCHES, pk__in=of_branch)
    whose = Q(pk__in=theirs)
    own = Q(reach=Officer.Reach.OWN) | Q(pk__in=narrowed.values("pk"))
    may_look: QuerySet[Officer] = Officer.objects.with_perm("leadops.view_lead", backend=_BY_RIGHTS)
    return may_look.filter(Q(is_superuser=True) | (own & whose) | (wide & ~own))


_IDS = Kept(lambda branches, theirs: _who_may_see(branches, theirs).only("pk"), [UUID], [int])
