"""What the core tells on a lead's timeline: how it came, changes, documents, consents, duplicates, loan accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadops.admin import duplicates as same_borrower
from leadops.admin.field_names import spoken
from leadops.admin.page_urls import page_url
from leadops.admin.timeline import Entry, source
from leadops.ids import uuid_in
from leadops.kept_queries import Kept, read
from leadops.languages.said import said
from leadops.models import Document, DocumentEvent, Lead, LoanAccount
from leadops.services.duplicates import words

CAME, CHANGES, DOCUMENTS = "came", "changes", "documents"
CONSENTS, DUPLICATES, ACCOUNTS = "consents", "duplicates", "accounts"


def _moment(text: str) -> datetime:
    """A moment as JSON made by the database has it."""
    return datetime.fromisoformat(text)


@source({CAME: gettext_lazy("Intake")})
def came(lead: Any, limit: int) -> Iterator[Entry]:
    """How the lead came: from which row of which file, by a call, or by whose hand."""
    for row in lead.from_rows:
        sheet = _(" of sheet %(sheet)s") % {"sheet": row["sheet"]} if row["sheet"] else ""
        told = {"number": row["number"], "sheet": sheet, "file": row["file"]}
        made = _("Created from row %(number)s%(sheet)s of %(file)s")
        changed = _("Changed by row %(number)s%(sheet)s of %(file)s")
        text = (changed if row["outcome"] == "updated" else made) % told
        url = reverse("admin:leadops_importbatch_row", args=[row["id"]])
        yield Entry(lead.created_at, str(lead.partner), CAME, text, url, "good")
    if not lead.from_rows:
        by = lead.created_by or lead.partner
        text = _("Came %(channel)s") % {"channel": _(words.ROUTES[Lead.Intake(lead.intake)])}
        yield Entry(lead.created_at, str(by), CAME, text, tone="good")


Related = Callable[[Lead], Iterable[str]]
_logged_too: list[Related] = []


def logged_too(ids: Related) -> Related:
    """Have the log of further records read along with the lead's own: one query for all of them."""
    _logged_too.append(ids)
    return ids


@cache
def _logged(limit: int) -> Kept[LogEntry]:
    """The newest entries about records of these ids; there are as many limits as pages."""
    logged = LogEntry.objects.select_related("user").order_by("-action_time")
    return Kept(lambda ids: logged.filter(object_id__in=ids)[:limit], [str])


def log_of(lead: Lead, limit: int) -> list[LogEntry]:
    """What was logged about the lead and what belongs to it, newest first; asked for once a page."""
    known = lead.__dict__.setdefault("_log", {})
    if limit not in known:
        ids = [str(lead.pk), *(each for related in _logged_too for each in related(lead))]
        known[limit] = read(_logged(limit)(ids))
    return cast("list[LogEntry]", known[limit])


@source({CHANGES: gettext_lazy("Changes")})
def changes(lead: Lead, limit: int) -> Iterator[Entry]:
    """What officers changed, and that they submitted it."""
    url = reverse("admin:leadops_lead_history", args=[lead.pk])
    for each in log_of(lead, limit):
        if each.object_id == str(lead.pk):
            text = said(each.get_change_message()) or each.get_action_flag_display()
            yield Entry(each.action_time, str(each.user), CHANGES, text, url)


@source({DOCUMENTS: gettext_lazy("Documents")}, "leadops.view_document")
def documents(lead: Any, limit: int) -> Iterator[Entry]:
    """Who added, changed, took or deleted which document."""
    gone = {event["document_id"] for event in lead.handled if event["deed"] == DocumentEvent.Deed.DELETED}
    for event in lead.handled:
        deed = DocumentEvent.Deed(event["deed"]).label
        who = event["by"] or f"{event['partner_name']}, {event['key_prefix']}…".strip(", …")
        page = event["document_id"] not in gone
        url = page_url(Document, event["document_id"]) if page else ""
        yield Entry(_moment(event["created_at"]), who, DOCUMENTS, f"{deed}: {event['document']}", url)


@source({CONSENTS: gettext_lazy("Consents")})
def consents(lead: Any, limit: int) -> Iterator[Entry]:
    """What the borrower agreed to."""
    for each in lead.standing["consents"]:
        whom = ", ".join(each["connections"]) or _("every connection")
        text = _("Consent to %(purpose)s, for %(whom)s") % {"purpose": each["purpose"], "whom": whom}
        yield Entry(_moment(each["granted_at"]), _("the borrower"), CONSENTS, text, tone="good")


@source({DUPLICATES: gettext_lazy("Duplicates")})
def duplicates(lead: Any, limit: int) -> Iterator[Entry]:
    """Leads of the same borrower, and what repeats of them brought to this one."""
    for other in same_borrower.others_of(lead):
        told = {"lead": other.lead.reference, "common": other.in_common}
        first = _("Same borrower as %(lead)s, which came earlier: %(common)s")
        later = _("Repeated by %(lead)s: %(common)s")
        url = page_url(Lead, other.lead.pk)
        text = (first if other.came_first else later) % told
        yield Entry(other.pair.created_at, str(other.lead.partner), DUPLICATES, text, url, "warn")
    for merge in lead.merged:
        fields = ", ".join(map(spoken, merge["filled"])) or _("nothing new")
        text = _("A repeat was filled in: %(fields)s") % {"fields": fields}
        yield Entry(_moment(merge["created_at"]), str(lead.partner), DUPLICATES, text, "#duplicates", "warn")


@source({ACCOUNTS: gettext_lazy("Loan accounts")}, "leadops.view_loanaccount")
def accounts(lead: Any, limit: int) -> Iterator[Entry]:
    """Loan accounts that were opened for it."""
    for each in lead.accounts:
        url = page_url(LoanAccount, uuid_in(each["id"]))
        text = _("Loan account %(ref)s opened; now %(status)s") % {
            "ref": each["ref_id"],
            "status": each["status"],
        }
        yield Entry(_moment(each["created_at"]), "", ACCOUNTS, text, url, "good")
