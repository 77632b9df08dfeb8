"""`expand`: what a lead refers to by its id, told whole in its answer."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

import orjson
from drf_spectacular.utils import OpenApiParameter
from orjson import Fragment
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from leadops.api.authentication import api_key, may_read_pii
from leadops.api.loan_account_shapes import account_answer
from leadops.api.nested_leads import nested_leads, with_member
from leadops.api.problems import invalid
from leadops.api.shapes import error
from leadops.models import LoanAccount, Scope

NAME, PROGRAM, ACCOUNTS = "expand", "program", "loan_accounts"
PARAMETER = OpenApiParameter(
    NAME, str, description=f"`{PROGRAM}`, `{ACCOUNTS}` (needs the scope account:read), or both with a comma."
)


def expanded(ids: list[UUID], request: Request) -> list[Fragment]:
    """The answers of these leads as JSON, with what `expand` names."""
    asked = _asked(request)
    answers = nested_leads(ids, may_read_pii(request), with_program=PROGRAM in asked)
    if ACCOUNTS in asked:
        of_lead = defaultdict[UUID, list[dict[str, Any]]](list)
        for account in LoanAccount.objects.filter(lead_id__in=ids):
            of_lead[account.lead_id].append(account_answer(account))
        answers = {
            pk: with_member(told, ACCOUNTS, orjson.dumps(of_lead[pk]).decode())
            for pk, told in answers.items()
        }
    return [Fragment(told) for told in answers.values()]


def _asked(request: Request) -> set[str]:
    """What the query names; Problem for anything else, and for what the key may not see."""
    if NAME not in request.query_params:
        return set()
    asked = {each.strip() for each in request.query_params[NAME].split(",")} - {""}
    if not asked <= {PROGRAM, ACCOUNTS}:
        raise invalid([error(NAME, "unknown_choice", known=f"{PROGRAM}, {ACCOUNTS}")])
    if ACCOUNTS in asked and Scope.ACCOUNT_READ not in api_key(request).scopes:
        raise PermissionDenied(f"This key lacks the scope {Scope.ACCOUNT_READ}.")
    return asked
