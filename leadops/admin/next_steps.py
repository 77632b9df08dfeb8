"""What an officer may do next with a lead, and its clocks: told by every part of the product that knows of some.

A step that can't be taken just now stays in sight, with the reason in words: nobody has to guess why a button is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from leadops.models import Lead


@dataclass(frozen=True, slots=True)
class Step:
    """One button: where it leads, or what it posts to; `why_not` is why it can't be pressed."""

    label: str
    url: str
    posts: bool = False
    main: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """How long something lasts, or how long it still may."""

    label: str
    words: str
    tone: str = "calm"


Steps = Callable[[HttpRequest, Lead], Iterable[Step]]
Clocks = Callable[[Lead], Iterable[Clock]]
_steps: list[Steps] = []
_clocks: list[Clocks] = []


def steps(told: Steps) -> Steps:
    """Have a function tell steps for a lead; those that can't be taken say why."""
    _steps.append(told)
    return told


def clocks(told: Clocks) -> Clocks:
    """Have a function tell clocks of a lead, as those of a program's promises."""
    _clocks.append(told)
    return told


def steps_for(request: HttpRequest, lead: Lead) -> list[Step]:
    """Every step for `lead`, those that can be taken and those that can't."""
    return [step for told in _steps for step in told(request, lead)]


def clocks_of(lead: Lead) -> list[Clock]:
    """Every clock of `lead`."""
    return [clock for told in _clocks for clock in told(lead)]


@clocks
def age(lead: Lead) -> Iterable[Clock]:
    """Since when the lead is here."""
    yield Clock(_("Age"), timesince(lead.created_at, depth=1))


NO_RIGHT = "You may look at leads, not submit them."


@steps
def submit(request: HttpRequest, lead: Lead) -> Iterable[Step]:
    """Hand it to the vendors."""
    draft = lead.status == Lead.Status.DRAFT
    why_not = "" if request.user.has_perm("leadops.submit_lead") else _(NO_RIGHT)
    url = reverse("admin:leadops_lead_submit", args=[lead.pk])
    label = _("Submit") if draft else _("Submit again")
    yield Step(label, url, posts=True, main=draft, why_not=why_not or ended(lead))


@steps
def open_account(request: HttpRequest, lead: Lead) -> Iterable[Step]:
    """Make it a loan account."""
    if not request.user.has_perm("leadops.add_loanaccount"):
        return
    why_not = ended(lead) or (_("Submit it first.") if lead.status == Lead.Status.DRAFT else "")
    url = f"{reverse('admin:leadops_loanaccount_add')}?lead={lead.pk}&program={lead.program_id}"
    yield Step(_("Open loan account"), url, why_not=why_not)


@steps
def add_document(request: HttpRequest, lead: Lead) -> Iterable[Step]:
    """Keep a paper with it."""
    if request.user.has_perm("leadops.add_document"):
        yield Step(_("Add document"), f"{reverse('admin:leadops_document_add')}?lead={lead.pk}")


def ended(lead: Lead) -> str:
    """Why nothing more is done with a lead that the lender has ended; empty for any other."""
    if lead.erased_at is not None:
        return _("Its personal data was erased.")
    word = lead.get_status_display().lower()
    return (
        _("The lead is %(status)s: reopen it first, under Work.") % {"status": word}
        if lead.is_stopped
        else ""
    )
