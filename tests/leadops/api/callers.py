"""Programs that call the API."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client


class Caller:
    """Calls the API with one key, as a partner's program does."""

    def __init__(self, key: str | None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query, headers=self.headers)

    def post(self, path: str, body: Any, content_type: str = "application/json", **headers: str) -> Any:
        return self._sent("POST", path, body, content_type, headers)

    def put(self, path: str, body: Any, content_type: str = "application/json", **headers: str) -> Any:
        return self._sent("PUT", path, body, content_type, headers)

    def upload(self, path: str, fields: dict[str, str], name: str, content: bytes) -> Any:
        """Send a form with a file."""
        form = fields | {"file": SimpleUploadedFile(name, content)}
        return self.client.post(path, form, headers=self.headers)

    def patch(self, path: str, body: Any, content_type: str = "application/json", **headers: str) -> Any:
        return self._sent("PATCH", path, body, content_type, headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.client.delete(path, headers=self.headers | headers)

    def _sent(self, method: str, path: str, body: Any, content_type: str, headers: dict[str, str]) -> Any:
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.generic(method, path, data, content_type, headers=self.headers | headers)
