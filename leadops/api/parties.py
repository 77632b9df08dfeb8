"""What the views of applicants, addresses and banks share: reading bodies, and telling what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from typing import Any, Generic, NamedTuple, TypeVar

from django.db.models import Model, QuerySet

from leadops import masking
from leadops.api.lead_answers import warnings_answer
from leadops.api.party_shapes import Added, Draft, NewPart
from leadops.api.problems import FieldError, invalid
from leadops.api.shapes import Shape, error, once, read
from leadops.drafts import ApplicantDraft, BankDraft, IdentityDocumentDraft, LeadDraft
from leadops.models import Partner
from leadops.services.duplicates import words
from leadops.services.whole_leads import Changed, within
from leadops.validation import Finding, check_lead, errors_in, findings_at, problem, refuse_cards

M = TypeVar("M", bound=Model)
IDENTITY, VERIFIED = "identity_document", "is_verified"
MASKED = {"pan_no", "gstin", "tax_id", "insurance_no", "account_no", "series", "number"}
"""Fields that are read back masked; a mask that comes back says nothing."""


class Given(NamedTuple):
    """What a change says; `left_out` are fields by which it says nothing: masked ones, and the lender's own."""

    values: dict[str, Any]
    left_out: list[Finding]


class New(NamedTuple, Generic[M]):
    """A part to be added to its owner; `left_out` says what was not taken of it."""

    owner: M
    draft: Any
    left_out: list[Finding]


def read_new(shape: NewPart, body: Any, owners: QuerySet[M], unknown: str) -> New[M]:
    """The part that `body` adds to one of `owners`; Problem with every error of form and content."""
    cards = [*map(FieldError.of, refuse_cards(body))]
    taken, errors = read(shape, body)
    if not isinstance(taken, Added):
        raise invalid(once(cards, errors))
    owner = owners.filter(pk=taken.owner_id).first() if taken.owner_id else None
    if owner is None and taken.owner_id:
        errors.append(error(shape.owner, unknown))
    if cards or errors or owner is None:
        raise invalid(once(cards, errors, _content_errors(taken.draft)))
    return New(owner, taken.draft, taken.left_out)


def read_change(shape: Shape, body: Any, shown: Mapping[str, Any]) -> Given:
    """The fields that `body` names; null empties one. Problem with every error of form and content.

    `shown` is the part as it is read back masked: what comes back as it was shown says nothing new.
    """
    cards = [*map(FieldError.of, refuse_cards(body))]
    taken, errors = read(shape, body)
    if not isinstance(body, Mapping):
        raise invalid(once(cards, errors))
    errors = [each for each in errors if each.code != "required" or each.field in body]
    if cards or errors:
        named = [each for each in _content_errors(taken) if _first_name(each.field) in body]
        raise invalid(once(cards, errors, named))
    values = _named(taken, body)
    left_out = _without_masks(values, shown, "")
    if values.pop(VERIFIED, None) and not shown.get(VERIFIED):
        left_out += findings_at(VERIFIED, [problem("verified_by_lender")])
    if IDENTITY in values:
        values[IDENTITY] = _identity(values[IDENTITY], body[IDENTITY])
        left_out += _without_masks(values[IDENTITY], shown[IDENTITY] or {}, f"{IDENTITY}.")
    return Given(values, left_out)


def _named(draft: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: getattr(draft, each.name) for each in fields_of(draft) if each.name in body}


def _identity(document: IdentityDocumentDraft, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Of the document the fields that are named; null empties all of it."""
    return _named(document, {each.name: None for each in fields_of(document)} if body is None else body)


def _without_masks(values: dict[str, Any], shown: Mapping[str, Any], path: str) -> list[Finding]:
    """Take masks out of the values; returns the warnings that say so."""
    sent = {name: value for name, value in values.items() if name in MASKED and value}
    masked = [name for name, value in sent.items() if value == shown.get(name) or masking.is_masked(value)]
    for name in masked:
        del values[name]
    return [each for name in masked for each in findings_at(path + name, [problem("masked_value")])]


def _content_errors(draft: Draft) -> list[FieldError]:
    """What is wrong with a part that can't be held against its lead, because its form is wrong too."""
    lead, path = _around(draft)
    return [FieldError.of(each) for each in errors_in(within(path, check_lead(lead)))]


def _around(draft: Draft) -> tuple[LeadDraft, str]:
    if isinstance(draft, ApplicantDraft):
        return LeadDraft(applicants=[draft]), "applicants[0]."
    if isinstance(draft, BankDraft):
        return LeadDraft(applicants=[ApplicantDraft(banks=[draft])]), "applicants[0].banks[0]."
    return LeadDraft(applicants=[ApplicantDraft(addresses=[draft])]), "applicants[0].addresses[0]."


def _first_name(field: str) -> str:
    return field.partition(".")[0].partition("[")[0]


def written(
    answer: dict[str, Any], changed: Changed, partner: Partner, left_out: Sequence[Finding]
) -> dict[str, Any]:
    """`answer` with the warnings there are; duplicates are told as far as the partner may know of them."""
    repeats = words.warnings_for_partner(changed.repeats, partner.pk)
    told = warnings_answer([*left_out, *changed.warnings, *repeats])
    for each in told:
        each["field"] = each["field"].removeprefix(changed.path)
    return answer | ({"warnings": told} if told else {})
