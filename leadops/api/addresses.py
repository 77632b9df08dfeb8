"""Addresses of applicants over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from leadops.api import examples
from leadops.api.authentication import caller
from leadops.api.lead_answers import AddressAnswer, address_answer
from leadops.api.parsers import body_of
from leadops.api.parties import read_change, read_new, written
from leadops.api.party_shapes import (
    ADDRESS_CHANGE,
    NEW_ADDRESS,
    AddressChangeShape,
    NewAddressShape,
    WrittenAddressAnswer,
)
from leadops.api.schema import CHANGING, CREATING, DELETING, READING, answers
from leadops.models import Address, Applicant, Scope
from leadops.services import addresses_and_banks
from leadops.services.whole_leads import Changed


class AddressViews(GenericAPIView[Address]):
    """What the views of addresses share."""

    serializer_class = AddressAnswer

    def get_queryset(self) -> QuerySet[Address]:
        if getattr(self, "swagger_fake_view", False):
            return Address.objects.none()
        return Address.objects.of_partner(caller(self.request)).select_related("applicant")

    def address(self, address_id: UUID) -> Address:
        """The caller's address with this id."""
        return get_object_or_404(self.get_queryset(), pk=address_id)

    def written(self, changed: Changed) -> dict[str, Any]:
        """What was stored, and what there is to say about it."""
        return written(address_answer(self.address(changed.id)), changed, caller(self.request), ())


class AddressesView(AddressViews):
    """Where addresses are added."""

    scopes = {"POST": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="addresses_create", summary="Add an address to an applicant", tags=["Addresses"],
        description=examples.CREATE_ADDRESS_WORDS, request=NewAddressShape, examples=[examples.CREATE_ADDRESS],
        responses=answers(CREATING, {201: WrittenAddressAnswer}),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        mine = Applicant.objects.of_partner(caller(request))
        new = read_new(NEW_ADDRESS, body_of(request), mine, "unknown_applicant")
        return Response(self.written(addresses_and_banks.add_address(new.owner, new.draft)), 201)


class AddressView(AddressViews):
    """One address."""

    scopes = {"GET": Scope.LEAD_READ, "PATCH": Scope.LEAD_WRITE, "DELETE": Scope.LEAD_WRITE}

    @extend_schema(
        operation_id="addresses_retrieve", summary="Read an address", tags=["Addresses"],
        responses=answers(READING, {200: AddressAnswer}), filters=False,
    )  # fmt: skip
    def get(self, request: Request, address_id: UUID) -> Response:
        return Response(address_answer(self.address(address_id)))

    @extend_schema(
        operation_id="addresses_update", summary="Change an address", tags=["Addresses"], filters=False,
        description=examples.CHANGE_WORDS, request=AddressChangeShape, examples=[examples.CHANGE_ADDRESS],
        responses=answers(CHANGING, {200: WrittenAddressAnswer}),
    )  # fmt: skip
    def patch(self, request: Request, address_id: UUID) -> Response:
        address = self.address(address_id)
        given = read_change(ADDRESS_CHANGE, body_of(request), address_answer(address))
        return Response(self.written(addresses_and_banks.change_address(address, given.values)))

    @extend_schema(
        operation_id="addresses_delete", summary="Delete an address", tags=["Addresses"], filters=False,
        responses=answers(DELETING, {204: None}),
    )  # fmt: skip
    def delete(self, request: Request, address_id: UUID) -> Response:
        addresses_and_banks.delete_address(self.address(address_id))
        return Response(status=204)


class AddressesOfApplicantView(AddressViews):
    """The addresses of one applicant."""

    scopes = {"GET": Scope.LEAD_READ}
    pagination_class = None

    @extend_schema(
        operation_id="applicant_addresses_list", summary="List an applicant's addresses", tags=["Addresses"],
        description="All of them, in their order.", filters=False,
        responses=answers(READING, {200: AddressAnswer(many=True)}),
    )  # fmt: skip
    def get(self, request: Request, applicant_id: UUID) -> Response:
        mine = Applicant.objects.of_partner(caller(request)).prefetch_related("addresses")
        applicant = get_object_or_404(mine, pk=applicant_id)
        return Response([address_answer(each) for each in applicant.addresses.all()])
