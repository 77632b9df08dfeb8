"""What is asked about a partner's key: what it may do, from where, and until when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from leadops import dialects
from leadops.models import Program, Scope
from leadops.models.partner import DIALECT_WITHOUT_PROGRAM, default_scopes, refuse_no_network

MOST_NETWORKS = 50


class KeyForm(forms.Form):
    """What a key may do, and from where."""

    label = forms.CharField(
        label=_("Label"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Who or what will use it."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        choices=lambda: Scope.choices,
        initial=default_scopes,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    networks = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_(
            "One a line: an address, or a network such as 203.0.113.0/24. Empty: it may be used from anywhere."
        ),
    )
    calls_per_minute = forms.IntegerField(
        label=_("Calls per minute"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Empty: as many as the partner may."),
    )
    expires_at = forms.DateTimeField(
        label=_("Expires on"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("Empty: it does not expire."),
    )

    def clean_networks(self) -> list[str]:
        given = list(dict.fromkeys(self.cleaned_data["networks"].replace(",", " ").split()))
        for each in given:
            refuse_no_network(each)
        if len(given) > MOST_NETWORKS:
            raise ValidationError(_("A key has at most %(most)s of them.") % {"most": MOST_NETWORKS})
        return given


class NewKeyForm(KeyForm):
    """A key that is made also is for the real systems, or for trying out."""

    mode = forms.ChoiceField(
        label=_("What for"),
        choices=[
            ("live", _("Live: its leads go to the real systems")),
            ("test", _("Test: its leads stay in the partner's test space")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    dialect = forms.ChoiceField(
        label=_("Dialect"),
        required=False,
        choices=lambda: [("", _("None: this API alone")), *dialects.choices()],
        widget=UnfoldAdminSelectWidget,
        help_text=_("For a client that was written for a vendor's own API: the key opens that API here too."),
    )
    program = forms.ModelChoiceField(
        label=_("Program"),
        required=False,
        queryset=Program.objects.filter(active=True),
        empty_label=_("None"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("With a dialect: what its leads are filed under, since the vendor's requests don't say."),
    )
    field_order = ["mode", "label", "scopes", "dialect", "program"]

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if bool(told.get("dialect")) != bool(told.get("program")) and not self.errors:
            self.add_error("program" if told["dialect"] else "dialect", DIALECT_WITHOUT_PROGRAM)
        return told


class RotateForm(forms.Form):
    overlap = forms.TypedChoiceField(
        label=_("The old key works on for"),
        choices=[("7", _("7 days")), ("1", _("1 day")), ("30", _("30 days")), ("0", _("not at all"))],
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )
