"""Subscriptions to events: whom we tell what, where, and how that goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from crm_integrations import subscriptions
from crm_integrations.admin.chips import state_chip, why_of
from crm_integrations.admin.steering import MAY_SEE
from crm_integrations.admin.subscription_forms import AddForm, ReplayForm, WantedForm
from crm_integrations.models import Delivery, EventType, Subscription
from leadops.admin.gates import tell_waiting
from leadops.admin.making import NeverAltered
from leadops.admin.markup import chip
from leadops.admin.page_urls import button_paths, page_url
from leadops.admin.pages import CappedList
from leadops.admin.scoped import Scoped, SeenDropdownFilter, seen
from leadops.errors import LeadopsError
from leadops.languages.said import said
from leadops.models import Partner, PendingChange
from leadops.services import approvals
from leadops.services.approvals import Data
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

MAY_ADD, MAY_CHANGE = "crm_integrations.add_subscription", "crm_integrations.change_subscription"
LAST = 20
TONES = {"enabled": "good", "failing": "warn", "paused": "bad", "disabled": "bad", "deleted": "calm"}


@admin.register(Subscription)
class SubscriptionAdmin(Scoped, NeverAltered, CappedList, ModelAdmin):
    """Every change is made by a service and logged; what was sent stays on record."""

    list_display = ["url", "partner", "shown_state", "told", "failing_since", "created_at"]
    list_display_links = ["url"]
    list_filter = [("partner", SeenDropdownFilter)]
    when_empty = "A partner subscribes over the API, or you do it here for it."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_ADD)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        return seen(Subscription.objects.kept(), request).select_related("partner", "connection")

    @admin.display(description="Address")
    def url(self, subscription: Subscription) -> str:
        return subscription.url

    @admin.display(description="State")
    def shown_state(self, subscription: Subscription) -> SafeString:
        return state_of(subscription)

    @admin.display(description="Events")
    def told(self, subscription: Subscription) -> str:
        return in_words(subscription)

    # Pages ---------------------------------------------------------------------------------------------------

    @method_decorator(fresh_factor)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Ask who is told what; answer with the secret, which is never shown again."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = AddForm(request.POST or None, initial={"partner": request.GET.get("partner")})
        form.offer(seen(Partner.objects.filter(active=True), request))
        if form.is_valid():
            try:
                return self._made(request, form)
            except LeadopsError as refusal:
                form.add_error("url", refusal.shown)
        context = {"title": gettext("New event subscription"), "form": form, "media": self.media + form.media}
        return self._page(request, "add", context)

    def _made(self, request: HttpRequest, form: AddForm) -> HttpResponse:
        partner, url, wanted = form.cleaned_data["partner"], form.cleaned_data["url"], form.wanted
        if approvals.needed():
            subscriptions.place_of(url)
            secret = subscriptions.new_secret()
            data = {"url": url, "events": [each.value for each in wanted], "secret": secret}
            change = approvals.ask("new_subscription", officer_of(request), data, partner)
            return self._secret_shown(request, partner, secret, change)
        made, secret = subscriptions.create(partner, url, wanted)
        self.log_addition(request, made, [{"added": {}}])
        return self._secret_shown(request, partner, secret, made)

    @method_decorator(fresh_factor)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        subscription = self.get_object(request, object_id)
        if subscription is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, subscription):
            raise PermissionDenied
        tell_waiting(request, self.opts.label_lower, [object_id])
        changing = request.POST if request.method == "POST" else None
        told = {"url": subscription.url, "events": subscription.events}
        form = WantedForm(changing, initial=told)
        if changing is not None:
            self._refuse_unless_allowed(request)
            if form.is_valid() and (answer := self._changed(request, subscription, form)):
                return answer
        return self._shown(request, subscription, form)

    def _changed(
        self, request: HttpRequest, subscription: Subscription, form: WantedForm
    ) -> HttpResponse | None:
        """The page that follows; None where the address can't be taken, which the form says then."""
        url: str = form.cleaned_data["url"]
        elsewhere = url != subscription.url
        holds = elsewhere and approvals.needed()
        try:
            with transaction.atomic():
                change = self._asked(request, subscription, {"url": url}) if holds else None
                subscriptions.change(subscription, url if elsewhere and not holds else None, form.wanted)
        except LeadopsError as refusal:
            form.add_error("url", refusal.shown)
            return None
        self.log_change(
            request, subscription, f"Now {', '.join(form.wanted)} to {subscription.url if holds else url}."
        )
        if change is not None:
            return HttpResponseRedirect(page_url(PendingChange, change.pk))
        self.message_user(request, _("The subscription was changed."), messages.SUCCESS)
        return self._back(subscription)

    @staticmethod
    def _asked(request: HttpRequest, subscription: Subscription, data: Data) -> PendingChange:
        if "url" in data:
            subscriptions.place_of(data["url"])
        return approvals.ask("subscription", officer_of(request), data, subscription)

    def _shown(self, request: HttpRequest, subscription: Subscription, form: WantedForm) -> HttpResponse:
        deliveries = Delivery.objects.filter(connection=subscription.connection_id)
        last = deliveries.select_related("connection__health", "event").order_by("-id")[:LAST]
        may_view = request.user.has_perm(MAY_SEE)
        rows = [{"delivery": each, "chip": state_chip(each), "why": why_of(each)} for each in last]
        context = {
            "title": subscription.url,
            "subscription": subscription,
            "state": state_of(subscription),
            "told": in_words(subscription),
            "rows": rows if may_view else [],
            "may_view": may_view,
            "may_change": request.user.has_perm(MAY_CHANGE),
            "form": form,
            "replay": ReplayForm(),
            "media": self.media + form.media,
        }
        return self._page(request, "change", context)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        shown = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/crm_integrations/subscription/{name}.html", shown)

    def _secret_shown(
        self, request: HttpRequest, partner: Partner, secret: str, about: Subscription | PendingChange
    ) -> HttpResponse:
        """The secret of a subscription, or of one that waits for a second person."""
        waits = isinstance(about, PendingChange)
        context = {
            "title": gettext("The secret"),
            "partner": partner,
            "subscription": None if waits else about,
            "waits": page_url(PendingChange, about.pk) if waits else "",
            "secret": secret,
            "media": self.media,
        }
        return self._page(request, "secret", context)

    # Buttons -------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, Callable[..., HttpResponse]] = {
            "test": self.test_view,
            "rotate": fresh_factor(self.rotate_view),
            "replay": fresh_factor(self.replay_view),
            "enable": fresh_factor(self.enable_view),
            "disable": fresh_factor(self.disable_view),
            "end": fresh_factor(self.end_view),
        }
        return button_paths(self, "subscription_id", views) + super().get_urls()

    def test_view(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        subscription = self._to_change(request, subscription_id)
        try:
            subscriptions.send_test(subscription)
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.WARNING)
        else:
            self.message_user(request, _("A test event is on its way: see below."), messages.SUCCESS)
        return self._back(subscription)

    def rotate_view(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        subscription = self._to_change(request, subscription_id)
        if approvals.needed():
            secret = subscriptions.new_secret()
            try:
                change = self._asked(request, subscription, {"secret": secret})
            except approvals.AlreadyWaits as refusal:
                self.message_user(request, refusal.shown, messages.ERROR)
                return self._back(subscription)
            return self._secret_shown(request, subscription.partner, secret, change)
        secret = subscriptions.rotate_secret(subscription)
        self.log_change(request, subscription, "Another secret was made.")
        return self._secret_shown(request, subscription.partner, secret, subscription)

    def replay_view(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        subscription, form = self._to_change(request, subscription_id), ReplayForm(request.POST)
        if not form.is_valid():
            self.message_user(request, form.refusal, messages.ERROR)
            return self._back(subscription)
        since = form.cleaned_data["since"]
        try:
            count = subscriptions.replay(subscription, since, form.cleaned_data["reason"])
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.WARNING)
            return self._back(subscription)
        self.log_change(request, subscription, f"Replayed since {since.isoformat()}: {count} events.")
        words = ngettext(
            "%(count)s event since %(when)s sent again.", "%(count)s events since %(when)s sent again.", count
        )
        told = words % {"count": count, "when": date_format(localtime(since), "DATETIME_FORMAT")}
        self.message_user(request, told, messages.SUCCESS if count else messages.WARNING)
        return self._back(subscription)

    def enable_view(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        return self._switched(request, subscription_id, on=True)

    def disable_view(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        return self._switched(request, subscription_id, on=False)

    def _switched(self, request: HttpRequest, subscription_id: UUID, *, on: bool) -> HttpResponse:
        subscription = self._to_change(request, subscription_id)
        subscriptions.change(subscription, enabled=on)
        word = "enabled" if on else "disabled"
        self.log_change(request, subscription, f"It was {word}.")
        words = _("The subscription is enabled.") if on else _("The subscription is disabled.")
        self.message_user(request, words, messages.SUCCESS)
        return self._back(subscription)

    def end_view(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        subscription = self._to_change(request, subscription_id)
        subscriptions.delete(subscription)
        self.log_change(request, subscription, "It was ended.")
        words = _("Nothing is sent to %(subscription)s any more.") % {"subscription": subscription}
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:crm_integrations_subscription_changelist"))

    def _to_change(self, request: HttpRequest, subscription_id: UUID) -> Subscription:
        self._refuse_unless_allowed(request)
        return get_object_or_404(self.get_queryset(request), pk=subscription_id)

    @staticmethod
    def _refuse_unless_allowed(request: HttpRequest) -> None:
        if not request.user.has_perm(MAY_CHANGE):
            raise PermissionDenied

    @staticmethod
    def _back(subscription: Subscription) -> HttpResponse:
        return HttpResponseRedirect(page_url(Subscription, subscription.pk))


def state_of(subscription: Subscription) -> SafeString:
    """Its state as a small coloured label."""
    return chip(TONES[subscription.state], said(subscription.state.capitalize()))


def in_words(subscription: Subscription) -> str:
    """The events it is told of."""
    return _("All events") if len(subscription.events) == len(EventType) else ", ".join(subscription.events)
