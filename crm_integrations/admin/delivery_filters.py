"""Filters of the delivery list beside connection and state: when it last changed, and why it failed."""

from __future__ import annotations

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from crm_integrations.models import Connection, Delivery, State
from leadops.admin.condition_filters import ConditionFilter
from leadops.admin.form_filters import FormFilter
from leadops.admin.sealed_search import opened

AS_BROWSERS_WRITE = "%Y-%m-%dT%H:%M"


def _moment(words: object) -> forms.DateTimeField:
    attributes = {"aria-label": words, "title": words, "type": "datetime-local"}
    return forms.DateTimeField(
        required=False, widget=UnfoldAdminTextInputWidget(attrs=attributes), input_formats=[AS_BROWSERS_WRITE]
    )


class ChangedForm(forms.Form):
    changed_from = _moment(_("Changed since"))
    changed_to = _moment(_("Changed until"))


class ChangedFilter(FormFilter):
    """Deliveries whose state last changed between two moments of our time zone."""

    title = "last change"
    names = ("changed_from", "changed_to")

    def form(self) -> forms.Form:
        return ChangedForm(self.used_parameters)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        given = self.form()
        given.full_clean()
        since, until = given.cleaned_data.get("changed_from"), given.cleaned_data.get("changed_to")
        queryset = queryset.filter(updated_at__gte=since) if since else queryset
        return queryset.filter(updated_at__lte=until) if until else queryset


class CauseFilter(FormFilter):
    """Deliveries that failed alike; the cause stands sealed in the address, for it may hold a vendor's words."""

    title = "cause"
    names = ("cause",)

    def has_output(self) -> bool:
        """It is chosen on the page of failures; here it can be put away."""
        return bool(self.used_parameters)

    def form(self) -> forms.Form:
        sealed = str(self.used_parameters.get("cause", ""))
        choices = [("", _("All")), (sealed, opened(sealed) or _("Unreadable"))]
        field = forms.ChoiceField(
            choices=choices, widget=UnfoldAdminSelectWidget(attrs={"aria-label": _("Cause")}), required=False
        )
        return type("CauseForm", (forms.Form,), {"cause": field})(self.used_parameters)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        sealed = str(self.used_parameters.get("cause", ""))
        if not sealed:
            return queryset
        cause = opened(sealed)
        if not cause:
            return queryset.none()
        return queryset.filter(cause=cause).exclude(state=State.SKIPPED)  # as the page of failures counts


class LeadsOwnerFilter(ConditionFilter):
    """Deliveries by who owns their lead."""

    title = _("owner")
    parameter_name = "whose"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        return {
            "me": (_("Mine"), Q(lead__owner=request.user.pk)),
            "nobody": (_("Nobody's yet"), Q(lead__owner__isnull=True)),
        }


class LeadsSpaceFilter(ConditionFilter):
    """Deliveries to vendors, or to what takes the leads of partners' test keys."""

    title = _("test leads")
    parameter_name = "space"

    def conditions(self, request: HttpRequest) -> dict[str, tuple[object, Q]]:
        vendors = Connection.objects.of_vendors()
        real = Q(connection__in=vendors.filter(test_space=False))
        test = Q(connection__in=vendors.filter(test_space=True))
        return {"real": (_("Without test leads"), real), "test": (_("Test leads only"), test)}
