"""What a pincode and an IFSC stand for, over REST: the directories that the checks go by."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadops.api.problems import FieldError, Problem, Type, invalid
from leadops.api.schema import READING, answers
from leadops.api.shapes import error
from leadops.models import Scope
from leadops.reference import ifsc as directory
from leadops.reference.pincodes import areas
from leadops.validation import Checked, findings_at, ifsc, pincode

UNKNOWN = {"unknown_pincode", "ifsc_unknown_bank", "ifsc_unknown_branch"}
"""Well written, but there is none."""


class PincodeAnswer(serializers.Serializer[Any]):
    """Where a pincode lies: in the district that has most of its post offices."""

    pincode = serializers.CharField()
    city = serializers.CharField(help_text="The district, as in an address that is filled from its pincode.")
    district = serializers.CharField()
    state = serializers.CharField()


class IfscAnswer(serializers.Serializer[Any]):
    """Which bank an IFSC belongs to. The directory knows that the branch exists, and nothing more of it."""

    ifsc = serializers.CharField()
    bank = serializers.CharField()
    branch = serializers.CharField(allow_null=True, help_text="Not in the directory.")
    city = serializers.CharField(allow_null=True, help_text="Not in the directory.")
    state = serializers.CharField(allow_null=True, help_text="Not in the directory.")
    micr = serializers.CharField(allow_null=True, help_text="Not in the directory.")


class PincodeView(APIView):
    """City and state of a pincode."""

    scopes = {"GET": Scope.LEAD_READ}

    @extend_schema(
        operation_id="pincode_retrieve", summary="City and state of a pincode", tags=["Addresses"],
        responses=answers(READING, {200: PincodeAnswer}),
    )  # fmt: skip
    def get(self, request: Request, pincode: str) -> Response:
        return Response(_pincode_answer(pincode))


class IfscView(APIView):
    """The bank of an IFSC."""

    scopes = {"GET": Scope.LEAD_READ}

    @extend_schema(
        operation_id="ifsc_retrieve", summary="The bank of an IFSC", tags=["Bank accounts"],
        responses=answers(READING, {200: IfscAnswer}),
    )  # fmt: skip
    def get(self, request: Request, ifsc: str) -> Response:
        return Response(_ifsc_answer(ifsc))


def _pincode_answer(text: str) -> dict[str, str]:
    code = _known("pincode", pincode(text))
    area = areas(code)[0]
    return {"pincode": code, "city": area.district, "district": area.district, "state": area.state}


def _ifsc_answer(text: str) -> dict[str, str | None]:
    code = _known("ifsc", ifsc(text))
    bank = directory.bank_of(code)
    assert bank is not None
    return {"ifsc": code, "bank": bank.name, **dict.fromkeys(("branch", "city", "state", "micr"))}


def _known(name: str, checked: Checked[str]) -> str:
    """The code in its right spelling; Problem where it could not be one, or there is none."""
    findings = findings_at(name, checked.problems)
    if checked.is_refused and {each.code for each in findings} <= UNKNOWN:
        raise Problem(Type.NOT_FOUND, findings[0].message)
    if findings:
        raise invalid(map(FieldError.of, findings))
    if not checked.value:  # a blank is nothing given, and that is no error to the checks
        raise invalid([error(name, "required")])
    return checked.value
