"""Documents as they are given out: a download, whatever is in them."""

from __future__ import annotations

from typing import IO, Any

from django.core.files import File
from django.http import FileResponse


def download(file: IO[bytes] | File[Any], name: str, content_type: str) -> FileResponse:
    """The answer that has a browser keep `file` under this name: never shown, run, guessed at or kept on the way."""
    answer = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "no-store"
    return answer
