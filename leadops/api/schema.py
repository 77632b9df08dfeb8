"""What the published schema says beyond the code: the key, and the problems every address may answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from leadops.api.problems import CONTENT_TYPE, Type

PROBLEM_TYPES = [(each.uri, each.value.title) for each in Type]

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    description="Makes it safe to send this again: the same key and body get the first answer, for 72 hours, with"
    " `Idempotent-Replayed: true`. An answer that holds a secret is not kept: then 409 `shown-once`, and nothing is"
    " done again.",
)

OPEN = (406, 500, 503)
_KEYED = (400, 401, 403, 429, *OPEN)
LISTING = _KEYED
READING = (*_KEYED, 404)
CREATING = (*_KEYED, 409, 413, 415, 422)
STEERING = (*READING, 409, 413, 415, 422)
CHANGING = (*_KEYED, 404, 409, 413, 415)
DELETING = (*READING, 409)
DOWNLOADING = (*_KEYED, 413, 415)

_WORDS = {
    400: "The request can't be read, or some values are not valid; `errors` lists every one.",
    401: "No key, or one that is unknown, revoked or expired.",
    403: "The key lacks the scope for this, or is not for the address that the call came from.",
    404: "Nothing of yours has this address.",
    406: "Something other than JSON was asked for.",
    409: "A record with this reference exists already, `existing_id` is its id; the lender knows the borrower;"
    " its state does not allow this now; or an earlier call with this Idempotency-Key is still running,"
    " or held a secret.",
    413: "The body is too large.",
    415: "The body is not declared as application/json, or as multipart/form-data where a file comes with it.",
    422: "This Idempotency-Key was sent with another request.",
    429: "Too many calls in this minute; try again after `Retry-After` seconds.",
    500: "A fault on our side; quote the request_id.",
    503: "The database, or what looks into files and keeps them, is away; try again after `Retry-After` seconds.",
}


class FieldErrorAnswer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Its path, as applicants[0].addresses[0].pincode.")
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemAnswer(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.ChoiceField(choices=PROBLEM_TYPES)
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    request_id = serializers.CharField()
    errors = FieldErrorAnswer(many=True, required=False)  # type: ignore[assignment]  # hides what only an instance has
    existing_id = serializers.UUIDField(required=False)


def answers(problems: tuple[int, ...], success: dict[int, Any]) -> dict[Any, Any]:
    """The answers of an operation: its own, and the problems with these statuses."""
    told = {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemAnswer, _WORDS[status]) for status in sorted(problems)
    }
    # All keys are pairs: the generator takes the smallest one for the operation's main answer.
    return {(status, "application/json"): shape for status, shape in success.items()} | told


class Schema(AutoSchema):
    """Names the parts of the schema as a partner would: `LeadShape` and `LeadAnswer` are both a Lead."""

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: Any) -> str:
        return type(serializer).__name__.removesuffix("Shape").removesuffix("Answer")

    def get_override_parameters(self) -> list[Any]:
        """Every POST may carry an Idempotency-Key."""
        return [IDEMPOTENCY_KEY] if self.method == "POST" else []


def close_requests(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of every body that it takes no other fields; one of drf-spectacular's postprocessing hooks."""
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    return result


class KeyInSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular types it half
    target_class = "leadops.api.authentication.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A partner's key: lo_live_…"}
