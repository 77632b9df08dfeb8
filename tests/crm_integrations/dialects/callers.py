"""Clients of the vendors, which know nothing of us: they send what the vendor's page says, byte for byte."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from leadops.models import ApiKey, Partner, Program


def key_for(dialect: str, partner: Partner, program: Program, **fields: Any) -> str:
    """The text of a live key for this dialect, and nothing but creating leads."""
    given = {"scopes": ["lead:write"], "dialect": dialect, "program": program, **fields}
    return ApiKey.issue(partner, **given)[1]


class VendorClient:
    """Posts to one address with the headers that are given."""

    def __init__(self, path: str, **headers: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.path, self.headers = path, headers

    def post(self, body: Any, content_type: str = "application/json", **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        sent = {name: value for name, value in {**self.headers, **headers}.items() if value}
        return self.client.generic("POST", self.path, raw, content_type, headers=sent)
