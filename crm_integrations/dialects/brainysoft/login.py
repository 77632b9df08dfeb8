"""Brainysoft's log-in: the token comes in the header `bsauth` of the answer."""

from __future__ import annotations

import hmac

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from crm_integrations.dialects.brainysoft import envelope, sessions
from crm_integrations.dialects.dialect import Filled
from crm_integrations.dialects.views import DialectView, raw_body
from leadops.api.authentication import caller_of
from leadops.api.parsers import read_json
from leadops.api.problems import invalid
from leadops.api.shapes import Shape, read

NO_LOGIN = "customer-key, userName or password is wrong."


class LoginTable(Shape):
    """Who logs in."""

    draft = dict

    userName = Filled()
    password = Filled()


LOGIN = LoginTable()


class LoginView(DialectView):
    """The password is a key; tenant and user are the partner whose key it is."""

    authentication_classes = []
    permission_classes = []

    def post(self, request: Request) -> Response:
        values, errors = read(LOGIN, read_json(raw_body(request)))
        if errors:
            raise invalid(errors)
        try:
            key = caller_of(request._request, values["password"]).key
        except AuthenticationFailed:
            raise AuthenticationFailed(NO_LOGIN) from None
        names = (request.headers.get("customer-key", ""), values["userName"])
        if key.dialect != self.dialect.slug or not all(_same(each, key.partner.code) for each in names):
            raise AuthenticationFailed(NO_LOGIN)
        return Response(envelope("ok", None), headers={sessions.HEADER: sessions.new_token(key)})


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
