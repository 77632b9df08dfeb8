"""The tokens that a log-in gives: they live half an hour, and as long as the key they stand for.

Nothing is stored: a token is the key's id and a moment, signed with the deployment's secret.
"""

from __future__ import annotations

from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed

from leadops.api import admission
from leadops.api.authentication import NO_KEY, Caller, admitted
from leadops.client_address import client_address
from leadops.models import ApiKey

HEADER = "bsauth"
LIFE_SECONDS = 1800
"""A third party saw about half an hour at the vendor, which names no figure."""
_signer = TimestampSigner(salt="crm_integrations.dialects.brainysoft")


def new_token(key: ApiKey) -> str:
    return _signer.sign(key.pk.hex)


def caller_of_token(request: HttpRequest, token: str) -> Caller:
    """Who logged in, unless the token is forged or has expired, or the key opens nothing any more."""
    try:
        key_id = UUID(_signer.unsign(token, max_age=LIFE_SECONDS))
    except (BadSignature, ValueError):
        raise AuthenticationFailed(NO_KEY) from None
    return admitted(request, admission.admit_by_id(key_id, client_address(request)))
