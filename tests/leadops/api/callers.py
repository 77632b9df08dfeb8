"""Programs that call the API."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client


class Caller:
    """Calls the API with one key, as a partner's program does."""

    def __init__(self, key: str | None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query, headers=self.headers)

    def post(self, path: str, body: Any, content_type: str = "application/json", **headers: str) -> Any:
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.post(path, data, content_type=content_type, headers=self.headers | headers)
