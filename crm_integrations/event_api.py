"""What happened to a partner's leads, over REST: read in order, or sent to its own address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_integrations import event_log, subscriptions
from crm_integrations.event_shapes import (
    EventAnswer,
    EventListAnswer,
    NewSubscriptionShape,
    ReplayAnswer,
    ReplayShape,
    SubscriptionAnswer,
    SubscriptionChangeShape,
    SubscriptionDraft,
    SubscriptionMadeAnswer,
    event_answer,
    subscription_answer,
)
from crm_integrations.models import Subscription
from leadops.api.authentication import caller
from leadops.api.pagination import page_size
from leadops.api.parsers import body_of, refuse_body
from leadops.api.problems import Problem, Type, invalid
from leadops.api.schema import CHANGING, CREATING, LISTING, READING, STEERING, answers
from leadops.api.shapes import Shape, error, read
from leadops.ids import uuid_in
from leadops.models import Scope

CURSOR = OpenApiParameter(
    "cursor", OpenApiTypes.STR, description="The last answer's `next_cursor`; none: the oldest events."
)
SIZE = OpenApiParameter("page_size", OpenApiTypes.INT, description="Events per page, at most 100.")
NEW, CHANGE, REPLAY = NewSubscriptionShape(), SubscriptionChangeShape(), ReplayShape()


class EventsView(APIView):
    """The caller's events, the oldest first."""

    scopes = {"GET": Scope.STATUS_READ}
    also_taken = {"cursor", "page_size"}

    @extend_schema(
        operation_id="events_list", summary="Read what happened", tags=["Events"], parameters=[CURSOR, SIZE],
        description="In the order in which it happened, and none is missed by who goes on from `next_cursor`. Events"
        " are written from a partner's first call on, and kept for 30 days.",
        responses=answers(LISTING, {200: EventListAnswer}),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        size, cursor = page_size(request), request.query_params.get("cursor", "")
        partner, last = caller(request), uuid_in(cursor)
        if cursor and last is None:
            raise invalid([error("cursor", "invalid_cursor")])
        event_log.listen(partner)
        try:
            found = event_log.after(partner, last, size)
        except event_log.UnknownEvent:
            raise invalid([error("cursor", "expired_cursor", days=settings.EVENT_KEEP_DAYS)]) from None
        next_cursor = found[-1].id.hex if found else cursor or None
        rows = [event_answer(event) for event in found]
        return Response({"page_size": size, "next_cursor": next_cursor, "results": rows})


class SubscriptionViews(GenericAPIView[Subscription]):
    """What the views of subscriptions share."""

    serializer_class = SubscriptionAnswer

    def get_queryset(self) -> QuerySet[Subscription]:
        if getattr(self, "swagger_fake_view", False):
            return Subscription.objects.none()
        return Subscription.objects.of_partner(caller(self.request)).select_related("connection", "partner")

    def subscription(self, subscription_id: UUID) -> Subscription:
        """The caller's subscription with this id."""
        return get_object_or_404(self.get_queryset(), pk=subscription_id)


class SubscriptionsView(SubscriptionViews):
    """The caller's subscriptions."""

    is_list = True
    scopes = {"GET": Scope.STATUS_READ, "POST": Scope.EVENT_WRITE}

    @extend_schema(
        operation_id="subscriptions_list", summary="List subscriptions", tags=["Events"],
        responses=answers(LISTING, {200: SubscriptionAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        found = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response([subscription_answer(each) for each in found])

    @extend_schema(
        operation_id="subscriptions_create", summary="Subscribe to events", tags=["Events"], filters=False,
        description="Each event is sent to `url` by POST, signed as Standard Webhooks 1.0 says; the answer is the only"
        " one that shows the secret.",
        request=NewSubscriptionShape, responses=answers(CREATING, {201: SubscriptionMadeAnswer}),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        draft: SubscriptionDraft = _read(NEW, request)
        assert draft.url is not None
        try:
            made, secret = subscriptions.create(caller(request), draft.url, _some(draft) or [])
        except subscriptions.WrongAddress as refusal:
            raise _wrong_address(refusal) from None
        except subscriptions.TooMany as refusal:
            raise Problem(Type.NOT_NOW, refusal.message) from None
        return _with_secret(made, secret, 201)


class SubscriptionView(SubscriptionViews):
    """One subscription."""

    scopes = {"GET": Scope.STATUS_READ, "PUT": Scope.EVENT_WRITE, "DELETE": Scope.EVENT_WRITE}

    @extend_schema(
        operation_id="subscriptions_retrieve", summary="Read a subscription", tags=["Events"],
        responses=answers(READING, {200: SubscriptionAnswer}), filters=False,
    )  # fmt: skip
    def get(self, request: Request, subscription_id: UUID) -> Response:
        return Response(subscription_answer(self.subscription(subscription_id)))

    @extend_schema(
        operation_id="subscriptions_update", summary="Change a subscription", tags=["Events"], filters=False,
        description="What is left out stays. Enabling one that was disabled lets what is queued go on.",
        request=SubscriptionChangeShape, responses=answers(CHANGING, {200: SubscriptionAnswer}),
    )  # fmt: skip
    def put(self, request: Request, subscription_id: UUID) -> Response:
        found = self.subscription(subscription_id)
        draft: SubscriptionDraft = _read(CHANGE, request)
        try:
            changed = subscriptions.change(found, draft.url, _some(draft), draft.enabled)
        except subscriptions.WrongAddress as refusal:
            raise _wrong_address(refusal) from None
        return Response(subscription_answer(changed))

    @extend_schema(
        operation_id="subscriptions_delete", summary="End a subscription", tags=["Events"], filters=False,
        responses=answers(READING, {204: None}),
    )  # fmt: skip
    def delete(self, request: Request, subscription_id: UUID) -> Response:
        subscriptions.delete(self.subscription(subscription_id))
        return Response(status=204)


class RotateSecretView(SubscriptionViews):
    """Another secret for one subscription."""

    scopes = {"POST": Scope.EVENT_WRITE}

    @extend_schema(
        operation_id="subscriptions_rotate_secret", summary="Get another secret", tags=["Events"], filters=False,
        description="For 24 hours events are signed with both, so that no event is refused meanwhile.",
        request=None, responses=answers(STEERING, {200: SubscriptionMadeAnswer}),
    )  # fmt: skip
    def post(self, request: Request, subscription_id: UUID) -> Response:
        refuse_body(request)
        found = self.subscription(subscription_id)
        return _with_secret(found, subscriptions.rotate_secret(found), 200)


class TestEventView(SubscriptionViews):
    """An event to try a subscription with."""

    scopes = {"POST": Scope.EVENT_WRITE}

    @extend_schema(
        operation_id="subscriptions_test", summary="Send a test event", tags=["Events"], filters=False,
        description="Sends a `webhook.test` to this subscription alone.",
        request=None, responses=answers(STEERING, {202: EventAnswer}),
    )  # fmt: skip
    def post(self, request: Request, subscription_id: UUID) -> Response:
        refuse_body(request)
        try:
            event = subscriptions.send_test(self.subscription(subscription_id))
        except subscriptions.Disabled as refusal:
            raise Problem(Type.NOT_NOW, refusal.message) from None
        event.refresh_from_db()
        return Response(event_answer(event), 202)


class ReplayView(SubscriptionViews):
    """Events of one subscription once more."""

    scopes = {"POST": Scope.EVENT_WRITE}

    @extend_schema(
        operation_id="subscriptions_replay", summary="Send events again", tags=["Events"], filters=False,
        description="All of the subscription's events since a moment, also those that were taken; each has the id that"
        " it had before.",
        request=ReplayShape, responses=answers((*CREATING, 404), {202: ReplayAnswer}),
    )  # fmt: skip
    def post(self, request: Request, subscription_id: UUID) -> Response:
        found, draft = self.subscription(subscription_id), _read(REPLAY, request)
        try:
            count = subscriptions.replay(found, draft.since)
        except subscriptions.Disabled as refusal:
            raise Problem(Type.NOT_NOW, refusal.message) from None
        return Response({"events": count}, 202)


def _read(shape: Shape, request: Request) -> Any:
    draft, errors = read(shape, body_of(request))
    if errors:
        raise invalid(errors)
    return draft


def _some(draft: SubscriptionDraft) -> Any:
    """The events that are asked for; Problem when that is an empty list."""
    if draft.events is not None and not draft.events:
        raise invalid([error("events", "required")])
    return draft.events


def _with_secret(subscription: Subscription, secret: str, status: int) -> Response:
    """The only answers that show a secret; nobody on the way is to keep them."""
    answer = subscription_answer(subscription) | {"secret": secret}
    return Response(answer, status, headers={"Cache-Control": "no-store"})


def _wrong_address(refusal: subscriptions.WrongAddress) -> Problem:
    return invalid([error("url", "wrong_address", words=refusal.message)])
