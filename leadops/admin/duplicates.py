"""Duplicates at the officer's desk: the label and the filter of the list, the panel of a lead, what the form says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from leadops.admin.condition_filters import ConditionFilter
from leadops.admin.field_names import spoken
from leadops.admin.markup import chip, link
from leadops.admin.page_urls import page_url
from leadops.drafts import LeadDraft
from leadops.kept_queries import Kept, read, read_together
from leadops.models import Duplicate, Lead, Merge, Officer
from leadops.models.duplicate import DuplicateQuerySet
from leadops.models.sight import Reader
from leadops.services import duplicates
from leadops.services.duplicates import Becomes, Match, Verdict, words
from leadops.sign_in.sessions import officer_of
from leadops.validation import Finding

MOST = 50
"""Leads of one borrower on a page; a telephone of an agent may be on thousands."""
REPEATS, MOBILE, REPEATED = "repeats", "mobile", "repeated"
REPEATING = Q(pk__in=Duplicate.objects.filter(only_mobile=False).values("lead"))


class DuplicateFilter(ConditionFilter):
    """Leads that repeat an earlier one, or that a later one repeats."""

    title = "duplicates"
    parameter_name = "duplicates"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        shared = Q(pk__in=Duplicate.objects.filter(only_mobile=True).values("lead"))
        repeated = Q(pk__in=Duplicate.objects.filter(only_mobile=False).values("earlier"))
        return {
            REPEATS: (_("Repeats an earlier lead"), REPEATING),
            MOBILE: (_("Shares a mobile, other PANs"), shared),
            REPEATED: (_("Repeated by a later lead"), repeated),
        }


def with_duplicates(page: QuerySet[Lead]) -> QuerySet[Lead]:
    """The rows of a list with what their labels need."""
    earlier = Duplicate.objects.filter(lead=OuterRef("pk"))
    return page.annotate(
        repeats_earlier=Exists(earlier.filter(only_mobile=False)),
        shares_mobile=Exists(earlier.filter(only_mobile=True)),
    )


def duplicate_chip(lead: Any) -> SafeString | str:
    """A label where the lead came `with_duplicates` and repeats another one."""
    if getattr(lead, "repeats_earlier", False):
        return chip("warn", _("Duplicate"))
    return chip("calm", _("Shared mobile")) if getattr(lead, "shares_mobile", False) else ""


@dataclass
class Other:
    """Another lead that has something in common with the one on the page."""

    lead: Lead
    pair: Duplicate
    mine: Lead

    @property
    def came_first(self) -> bool:
        return self.lead.pk == self.pair.earlier_id

    @property
    def apart(self) -> str:
        """How long before or after the lead on the page it came."""
        first, then = sorted((self.lead.created_at, self.mine.created_at))
        said = _("%(span)s earlier") if self.came_first else _("%(span)s later")
        return said % {"span": _span(first, then)}

    @property
    def route(self) -> str:
        return _(words.ROUTES[Lead.Intake(self.lead.intake)])

    @property
    def in_common(self) -> str:
        return words.in_common(self.pair.common)


def _span(first: datetime, then: datetime) -> str:
    return timesince(first, then, depth=1) if (then - first).total_seconds() >= 60 else _("moments")


def _shown(pairs: DuplicateQuerySet) -> DuplicateQuerySet:
    return pairs.select_related("lead__partner", "earlier__partner").order_by("earlier_id", "lead_id")[:MOST]


ALL_PAIRS = Kept(lambda lead: _shown(Duplicate.objects.about(lead)), UUID)


def _in_sight(lead: UUID, reader: Any) -> DuplicateQuerySet:
    return _shown(Duplicate.objects.about(lead).visible_to(reader))


def _out_of_sight(lead: UUID, reader: Any) -> DuplicateQuerySet:
    """One of them, for there are some or none."""
    pairs = Duplicate.objects.about(lead)
    return pairs.exclude(pk__in=pairs.visible_to(reader).values("pk"))[:1]


OF_BRANCHES = [
    Kept(lambda lead, branch_ids, of=of: of(lead, Reader(branch_ids)), UUID, [UUID])
    for of in (_in_sight, _out_of_sight)
]
OF_OWN = [
    Kept(lambda lead, officer, of=of: of(lead, Reader(pk=officer)), UUID, int)
    for of in (_in_sight, _out_of_sight)
]


def _seen_pairs(lead: UUID, officer: Officer) -> tuple[list[Duplicate], bool]:
    """The pairs that `officer` sees, and whether there are others."""
    kept, bound = (OF_OWN, officer.pk) if officer.sees_own_only else (OF_BRANCHES, officer.branch_ids)
    seen, others = read_together(*(each(lead, bound) for each in kept))
    return seen, bool(others)


def others_of(lead: Any) -> list[Other]:
    """The leads that its `reader` sees and that have something in common with it, asked for once a page.

    Sets `lead.hidden_others`: whether there are others, out of the reader's sight.
    """
    if (known := lead.__dict__.get("_others")) is not None:
        return cast("list[Other]", known)
    officer: Officer = lead.reader
    shown, hidden = (read(ALL_PAIRS(lead.pk)), False) if officer.sees_all else _seen_pairs(lead.pk, officer)
    others = [Other(each.earlier if each.lead_id == lead.pk else each.lead, each, lead) for each in shown]
    lead.hidden_others = hidden
    lead.__dict__["_others"] = others
    return others


def panel(lead: Any, status_of: Any, may_change: Callable[[Lead], bool]) -> list[SafeString]:
    """The panel of a lead that has something in common with others; none where it has not.

    Who may change both leads of a pair is led to merging them. Of leads out of its reader's sight it says no more
    than that there are some.
    """
    others = others_of(lead)
    hidden = lead.hidden_others
    merges = [Merge(**each | {"created_at": parse_datetime(each["created_at"])}) for each in lead.merged]
    if not others and not merges and not hidden:
        return []
    mine = may_change(lead)
    rows = [
        {"other": each, "status": status_of(each.lead), "may_merge": mine and may_change(each.lead)}
        for each in others
    ]
    filled = [{"merge": each, "told": _told(each)} for each in merges]
    first = "" if hidden else _who_was_first(lead, others)
    context = {"rows": rows, "merges": filled, "first": first, "most": MOST, "hidden": hidden}
    context |= {"lead": lead}
    return [render_to_string("admin/leadops/lead/duplicates.html", context)]


def _told(merge: Merge) -> dict[str, str]:
    route = _(words.ROUTES[Lead.Intake(merge.intake)])
    fields = ", ".join(map(spoken, merge.filled))
    return {"route": route, "in_common": words.in_common(merge.common), "fields": fields}


def _who_was_first(lead: Lead, others: Sequence[Other]) -> str:
    same = [each for each in others if not each.pair.only_mobile]
    before = min((each for each in same if each.came_first), key=lambda each: each.lead.pk, default=None)
    if before is not None:
        told = {"lead": before.lead.reference, "partner": before.lead.partner}
        told |= {"route": before.route, "apart": before.apart}
        return _("Lead %(lead)s of %(partner)s was first: it came %(route)s, %(apart)s.") % told
    return _("This lead was first.") if same else ""


# The form ----------------------------------------------------------------------------------------------------


def verdict_on(lead: Lead, draft: LeadDraft) -> Verdict:
    """What the program's rule makes of a new lead that is being typed, once partner and program are chosen."""
    if not lead.partner_id or not lead.program_id:
        return Verdict()
    [verdict] = duplicates.judge([draft], partner=lead.partner, program=lead.program)
    return verdict


def refusal(verdict: Verdict, officer: Officer) -> tuple[SafeString, list[Finding]] | None:
    """Why the form makes no lead of it, with a link to the first one, and the fields; None where it does.

    A first one out of the officer's sight is not named.
    """
    match = verdict.because
    if verdict.becomes is Becomes.LEAD or match is None:
        return None
    if verdict.becomes is Becomes.REFUSED:
        rule = _("This program takes no second lead of a borrower.")
    else:
        rule = _("That lead is still open: add there what is new.")
    if not _is_seen(match, officer):
        return format_html("{}", words.KNOWN_ALREADY), words.refusals(match, words.KNOWN_ALREADY)
    said = format_html("{} {} {}", words.for_officer(match), rule, _link_to(match, _("Open lead")))
    return said, words.refusals(match, _short(match))


def _is_seen(match: Match, officer: Officer) -> bool:
    known = match.known
    return known is not None and Lead.objects.visible_to(officer).filter(pk=known.lead_id).exists()


def _short(match: Match) -> SafeString:
    return format_html(_("{} has this too."), _link_to(match, _("Lead")))


def _link_to(match: Match, word: str) -> SafeString:
    assert match.known is not None
    url = page_url(Lead, match.known.lead_id)
    return link(url, f"{word} {match.known.reference}")


def tell(request: HttpRequest, matches: Sequence[Match]) -> None:
    """Say with what leads in the officer's sight a saved one has something in common."""
    for match in matches:
        if _is_seen(match, officer_of(request)):
            messages.warning(
                request, format_html("{} {}", words.for_officer(match), _link_to(match, _("Open lead")))
            )
