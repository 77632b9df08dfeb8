"""Holds up what the lead page would change about verified bank accounts, and the word that one is verified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadops.admin.gates import drop_changed
from leadops.admin.party_formsets import nested
from leadops.models import Bank
from leadops.services import approvals
from leadops.services.approvals import Data
from leadops.services.approvals.bank_accounts import GATED


def take_out(formsets: list[Any]) -> list[tuple[Bank, Data]]:
    """Take what needs a second person out of valid forms; returns the accounts, and what was wanted of each.

    Those that are new are stored once the forms are.
    """
    if not approvals.needed():
        return []
    taken = []
    for formset, form in _bank_forms(formsets):
        if (data := _gated(formset, form)) is not None:
            stored = Bank.objects.get(pk=form.instance.pk)
            _put_back(formset, form, stored)
            taken.append((stored, data))
        elif _ticked(formset, form):
            form.instance.is_verified = False
            if not form.instance._state.adding:
                drop_changed(form, ["is_verified"])
            taken.append((form.instance, {"verify": True}))
    return taken


def _bank_forms(formsets: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Each form of an account whose applicant stays."""
    for applicant in formsets[0].kept_forms():
        for formset in nested(applicant):
            if formset.model is Bank:
                yield from ((formset, form) for form in formset.forms)


def _ticked(formset: Any, form: Any) -> bool:
    """Whether it says of an account, new or not, that it is verified now."""
    dropped = form in formset.deleted_forms or (form in formset.extra_forms and not form.has_changed())
    return bool(form.cleaned_data.get("is_verified")) and not form.initial.get("is_verified") and not dropped


def _gated(formset: Any, form: Any) -> Data | None:
    """What the form changes about an account that is verified, where that matters."""
    if not form.initial.get("is_verified"):
        return None
    if form in formset.deleted_forms:
        return {"delete": True}
    new = {name: form.cleaned_data[name] for name in GATED if name in form.cleaned_data}
    if any(value != form.initial.get(name) for name, value in new.items()):
        return {"fields": new}
    return None


def _put_back(formset: Any, form: Any, stored: Bank) -> None:
    if form in formset.deleted_forms:
        formset._deleted_form_indexes.remove(formset.forms.index(form))
        form.cleaned_data["DELETE"] = False
    for name in GATED:
        setattr(form.instance, name, getattr(stored, name))
    drop_changed(form, [*GATED, "DELETE"])
