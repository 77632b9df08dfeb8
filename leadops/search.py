"""Finding leads by what an officer types: each condition meets one index, so it stays quick at a million leads."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet

from leadops.ids import uuid_in
from leadops.models import Applicant, Bank, Lead
from leadops.sealing import blind_index
from leadops.validation import mobile

PAN = re.compile(r"[A-Za-z]{5}[0-9]{4}[A-Za-z]")
ACCOUNT_NO = re.compile(r"[0-9]{6,18}")
MOST = 1000
"""More leads than this for one text is a wrong text; nobody reads further."""


def lead_ids(text: str, country: str = "IN") -> list[UUID]:
    """Ids of the leads that `text` finds, newest first, at most 1,000.

    A text is our id, a partner's reference, a mobile in any spelling, a PAN, an account number, or the beginnings of
    words of an applicant's name.
    """
    text = text.strip()
    found: set[UUID] = set()
    for ids in _searches(text, country):
        found.update(ids[:MOST])
    return sorted(found, reverse=True)[:MOST]


def _searches(
    text: str, country: str
) -> list[QuerySet[Lead, UUID] | QuerySet[Applicant, UUID] | QuerySet[Bank, UUID]]:
    searches: list[QuerySet[Lead, UUID] | QuerySet[Applicant, UUID] | QuerySet[Bank, UUID]] = [
        Lead.objects.filter(partner_ref_id=text).exclude(partner_ref_id="").values_list("id", flat=True)
    ]
    if (own_id := uuid_in(text)) is not None:
        searches.append(Lead.objects.filter(pk=own_id).values_list("id", flat=True))
    number = mobile(text, country)
    if number.value and not number.is_refused:
        index = blind_index("mobile", number.value)
        searches.append(Lead.objects.filter(primary_mobile_index=index).values_list("id", flat=True))
        searches.append(
            Applicant.objects.filter(primary_mobile_index=index).values_list("lead_id", flat=True)
        )
    if PAN.fullmatch(text):
        index = blind_index("pan", text.upper())
        searches.append(Applicant.objects.filter(pan_no_index=index).values_list("lead_id", flat=True))
    if ACCOUNT_NO.fullmatch(text):
        index = blind_index("account", text)
        searches.append(
            Bank.objects.filter(account_no_index=index).values_list("applicant__lead_id", flat=True)
        )
    if words := re.findall(r"[^\W\d_]+", text):
        searches.append(_by_name(words))
    return searches


def _by_name(words: list[str]) -> QuerySet[Applicant, UUID]:
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
    named = Applicant.objects.annotate(words=SearchVector("name", config="simple")).filter(words=query)
    return named.order_by("-lead_id").values_list("lead_id", flat=True)
