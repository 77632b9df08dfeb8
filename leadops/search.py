"""Finding leads by what an officer types: each condition meets one index, so it stays quick at a million leads."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVectorExact
from django.db.models import BooleanField, Func, QuerySet, TextField
from django.db.models.functions import Cast

from leadops.ids import uuid_in
from leadops.models import Applicant, Bank, Lead, LeadNumber, Partner, lead
from leadops.models.applicant import BETWEEN_WORDS, NAME_WORDS
from leadops.models.lead import LeadQuerySet
from leadops.sealing import blind_index
from leadops.validation import joined, mobile

SHORT_ID = re.compile(r"#?([0-9a-f]{8})", re.IGNORECASE)
PAN = re.compile(r"[A-Za-z]{5}[0-9]{4}[A-Za-z]")
LEAD_NUMBER = re.compile(r"[0-9]{1,10}")
ACCOUNT_NO = re.compile(r"[0-9]{6,18}")
MOST = 1000
"""More leads than this for one text is a wrong text; nobody reads further."""
MOST_BY_NAME = 200
"""Of a name that many have, the newest four pages."""
MOST_READ, LATE = 2000, 50_000
"""A name of more applicants than this is looked for among so many newest leads first."""
EVERYWHERE = 40_000
"""One of more than this is among any leads, and the names' index would have to gather them all."""
MOST_WEIGHED, TOO_MANY = 5, 50
"""Words of one text that are weighed against each other; a word of so many times the names of another is read there."""


def lead_ids(
    text: str, country: str = "IN", partner: Partner | None = None, within: LeadQuerySet | None = None
) -> list[UUID]:
    """Ids of the leads that `text` finds, as `found` tells."""
    return found(text, country, partner, within)[0]


def found(
    text: str, country: str = "IN", partner: Partner | None = None, within: LeadQuerySet | None = None
) -> tuple[list[UUID], bool]:
    """Ids of the leads that `text` finds, newest first, at most 1,000, by a name at most 200; whether it is a key.

    A text is our id or the short one that lists show (`#facb25fb`), the id of an applicant, the number of a lead that
    came by a dialect, a partner's reference, a mobile or a PAN in any spelling, or an account number; what none of
    them is may be the beginnings of the words of an applicant's name. Of
    `partner` alone; `within` what somebody sees, None where that is all.
    """
    text = text.strip()
    keyed: set[UUID] = set()
    for ids in _by_key(text, country, partner):
        keyed.update(ids[:MOST])
    if keyed and within is not None:
        keyed = set(within.filter(pk__in=keyed).values_list("pk", flat=True))
    if keyed:
        return sorted(keyed, reverse=True)[:MOST], True
    # Whoever types a key wants its lead, not everybody whose name begins with its letters.
    named = _newest(_by_name(text, partner, within)) if any(map(str.isalpha, text)) else ()
    return sorted(set(named), reverse=True), False


Ids = QuerySet[Lead, UUID] | QuerySet[Applicant, UUID] | QuerySet[Bank, UUID] | QuerySet[LeadNumber, UUID]


def _by_key(text: str, country: str, partner: Partner | None) -> list[Ids]:
    leads = Lead.objects.of_partner(partner) if partner else Lead.objects.all()
    applicants = Applicant.objects.of_partner(partner) if partner else Applicant.objects.all()
    banks = Bank.objects.of_partner(partner) if partner else Bank.objects.all()
    searches: list[Ids] = [
        leads.filter(partner_ref_id__iexact=text).exclude(partner_ref_id="").values_list("id", flat=True)
    ]
    if (own_id := uuid_in(text)) is not None:
        searches.append(leads.filter(pk=own_id).values_list("id", flat=True))
        searches.append(applicants.filter(pk=own_id).values_list("lead_id", flat=True))
    if short := SHORT_ID.fullmatch(text):
        unnamed = leads.filter(partner_ref_id="").alias(short=lead.SHORT_ID)
        searches.append(unnamed.filter(short=short[1].lower()).values_list("id", flat=True))
    if LEAD_NUMBER.fullmatch(text) and int(text) <= LeadNumber.LARGEST:
        numbered = LeadNumber.objects.filter(number=int(text), lead__in=leads)
        searches.append(numbered.values_list("lead_id", flat=True))
    number = mobile(text, country)
    if number.value and not number.is_refused:
        index = blind_index("mobile", number.value)
        searches.append(leads.filter(primary_mobile_index=index).values_list("id", flat=True))
        searches.append(applicants.filter(primary_mobile_index=index).values_list("lead_id", flat=True))
    if PAN.fullmatch(pan := joined(text)):
        index = blind_index("pan", pan.upper())
        searches.append(applicants.filter(pan_no_index=index).values_list("lead_id", flat=True))
    if ACCOUNT_NO.fullmatch(account := joined(text)):
        index = blind_index("account", account)
        searches.append(banks.filter(account_no_index=index).values_list("applicant__lead_id", flat=True))
    return searches


def _by_name(
    text: str, partner: Partner | None, within: LeadQuerySet | None = None
) -> QuerySet[Applicant, UUID]:
    """Every word counts, also one of digits: `SUN-0001` is no Sunita, while `Sector 7 Traders` is found."""
    words = text.translate(str.maketrans(BETWEEN_WORDS, " " * len(BETWEEN_WORDS))).split()
    applicants = Applicant.objects.of_partner(partner) if partner else Applicant.objects.all()
    applicants = applicants if within is not None else applicants.filter(lead__deleted_at=None)
    looked_for, read = _by_index(words)
    named = _called(looked_for, applicants)
    if read:
        in_name = SearchVectorExact(NAME_WORDS, _beginning(read))
        named = named.filter(Func(in_name, template="(%(expressions)s) IS TRUE", output_field=BooleanField()))
    if within is not None:
        named = named.filter(lead__in=within.order_by().values("pk"))
    return named.order_by("-lead_id").values_list("lead_id", flat=True)


def _newest(named: QuerySet[Applicant, UUID]) -> list[UUID]:
    """The newest of them: in their order where any lead may be one, else by the names' index, late leads first."""
    names = _estimated(named)
    if names > EVERYWHERE:
        return list(named[:MOST_BY_NAME])
    # No index has the order of the texts: along that of the ids all late names would be taken apart.
    named = named.order_by(Cast("lead_id", TextField()).desc())
    if names > MOST_READ:
        ids = Lead.with_deleted.order_by("-id").values_list("id", flat=True)
        for first in ids[LATE : LATE + 1]:
            late = list(named.filter(lead_id__gte=first)[:MOST_BY_NAME])
            if len(late) == MOST_BY_NAME:
                return late
    return list(named[:MOST_BY_NAME])


def _called(words: Sequence[str], applicants: QuerySet[Applicant]) -> QuerySet[Applicant]:
    return applicants.annotate(words=NAME_WORDS).filter(words=_beginning(words))


def _beginning(words: Sequence[str]) -> SearchQuery:
    """Each begins a word of the name; quoted, so that the server takes it apart as it did the name in any alphabet."""
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")


def _by_index(words: list[str]) -> tuple[list[str], list[str]]:
    """The words to look for in the index, and those to read in the names that it gives.

    The index gathers all names of every word before it meets the two: of a million, for a beginning that most have,
    while the other word is that of few. How many those are, the planner knows without looking.
    """
    if not 1 < len(words) <= MOST_WEIGHED:
        return words, []
    names = {word: _estimated(_called([word], Applicant.objects.all())) for word in words}
    fewest = min(names.values())
    common = [word for word in words if names[word] > TOO_MANY * fewest]
    return [word for word in words if word not in common], common


def _estimated(named: QuerySet[Applicant, Any]) -> int:
    """How many these are, as the planner takes it."""
    return int(json.loads(named.order_by().explain(format="json"))[0]["Plan"]["Plan Rows"])
