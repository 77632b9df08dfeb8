"""Workbooks as they are handed to an officer's browser."""

from __future__ import annotations

from typing import IO, Any

from django.core.files import File
from django.http import FileResponse

from leadops.document_files.downloads import download
from leadops.excel.writer import CONTENT_TYPE


def downloaded(file: IO[bytes] | File[Any], name: str) -> FileResponse:
    """The answer that has the browser keep `file` under this name."""
    return download(file, name, CONTENT_TYPE)
