"""`expand`: what a lead refers to by its id, told whole in its answer."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from leadops.api.authentication import api_key
from leadops.api.loan_account_shapes import account_answer
from leadops.api.problems import invalid
from leadops.api.shapes import error
from leadops.models import LoanAccount, Program, Scope

NAME, PROGRAM, ACCOUNTS = "expand", "program", "loan_accounts"
PARAMETER = OpenApiParameter(
    NAME, str, description=f"`{PROGRAM}`, `{ACCOUNTS}` (needs the scope account:read), or both with a comma."
)


def loaded(leads: list[Any], request: Request) -> list[Any]:
    """`leads`, as `nested_leads` reads them, with what `expand` names."""
    if ACCOUNTS in _asked(request):
        of_lead = defaultdict[str, list[LoanAccount]](list)
        for account in LoanAccount.objects.filter(lead_id__in=[lead.pk for lead in leads]):
            of_lead[str(account.lead_id)].append(account)
        for lead in leads:
            lead.loan_accounts = of_lead[lead.pk]
    return leads


def expansions(lead: Any, request: Request) -> dict[str, Any]:
    """What `expand` names of a lead that was `loaded`."""
    asked, told = _asked(request), dict[str, Any]()
    if PROGRAM in asked:
        told[PROGRAM] = _program_answer(lead.program)
    if ACCOUNTS in asked:
        told[ACCOUNTS] = [account_answer(account) for account in lead.loan_accounts]
    return told


def _asked(request: Request) -> set[str]:
    """What the query names; Problem for anything else, and for what the key may not see."""
    if request.method != "GET" or NAME not in request.query_params:
        return set()
    asked = {each.strip() for each in request.query_params[NAME].split(",")} - {""}
    if not asked <= {PROGRAM, ACCOUNTS}:
        raise invalid([error(NAME, "unknown_choice", known=f"{PROGRAM}, {ACCOUNTS}")])
    if ACCOUNTS in asked and Scope.ACCOUNT_READ not in api_key(request).scopes:
        raise PermissionDenied(f"This key lacks the scope {Scope.ACCOUNT_READ}.")
    return asked


def _program_answer(program: Program) -> dict[str, Any]:
    return {
        "id": str(program.pk),
        "code": program.code,
        "name": program.name,
        "product_type": program.product_type,
    }
