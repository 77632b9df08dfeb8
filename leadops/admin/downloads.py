"""Workbooks of leads as they are handed to an officer's browser."""

from __future__ import annotations

from typing import IO, Any

from django.core.files import File
from django.http import FileResponse

from leadops.excel.writer import CONTENT_TYPE


def downloaded(file: IO[bytes] | File[Any], name: str) -> FileResponse:
    """The answer that has the browser keep `file` under this name, and nobody else: personal data is in it."""
    answer = FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer
