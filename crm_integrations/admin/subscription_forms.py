"""What is asked about a subscription: whom we tell what, where, and from when on again."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from crm_integrations.models import EventType
from leadops.admin.reasons import LogField, ReasonForm
from leadops.models import Partner

URL_HELP = _("https, without ? and #. Every delivery is signed; the partner checks that with the secret.")
NO_MOMENT = _("Give the day and the time from which on to replay.")
NO_REASON = _("Say why they are sent again.")


class WantedForm(forms.Form):
    """What is told, and where."""

    url = forms.CharField(
        label=_("Address"), max_length=300, widget=UnfoldAdminTextInputWidget, help_text=URL_HELP
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=lambda: [(each.value, f"{each.label} ({each.value})") for each in EventType],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    @property
    def wanted(self) -> list[EventType]:
        return [EventType(each) for each in self.cleaned_data["events"]]


class AddForm(WantedForm):
    field_order = ("partner", "url", "events")
    partner = forms.ModelChoiceField(
        Partner.objects.none(), label=_("Partner"), widget=UnfoldAdminSelectWidget
    )

    def offer(self, partners: QuerySet[Partner]) -> None:
        """Have one of `partners` chosen."""
        field = self.fields["partner"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = partners


class ReplayForm(ReasonForm):
    """A moment, as the browser's own picker gives it, and why."""

    since = forms.DateTimeField(
        label=_("Events since"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        error_messages=dict.fromkeys(("required", "invalid"), NO_MOMENT),
    )
    reason = LogField(
        label=_("Why they are sent again"),
        error_messages=dict.fromkeys(("required", "min_length"), NO_REASON),
    )

    @property
    def refusal(self) -> str:
        return " ".join(str(said) for each in self.errors.values() for said in each)
