"""Partners' programs that call a served API over HTTP."""

from __future__ import annotations

from typing import Any

import requests

from tests import patience


class Program:
    """Calls with one key, or with none."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def post(self, path: str, body: Any) -> requests.Response:
        return self.session.post(self.url + path, json=body, headers=self.headers, timeout=patience.SECONDS)

    def upload(self, path: str, fields: dict[str, str], name: str, content: bytes) -> requests.Response:
        file = {"file": (name, content)}
        return self.session.post(
            self.url + path, fields, files=file, headers=self.headers, timeout=patience.SECONDS
        )

    def send(self, case: Any) -> Any:
        """Send a generated request."""
        return case.call(self.url, self.session, self.headers, timeout=patience.SECONDS)

    def close(self) -> None:
        self.session.close()
