"""What a file is by its content, and its clean copy: names and headers are not asked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any, NamedTuple

from django.conf import settings

from leadops.errors import Invalid
from leadops.validation import findings_at, problem

PROGRAM = Path(__file__).with_name("cleaning_process.py")
SECONDS = 30
AT_ONCE = BoundedSemaphore(2)
"""Each may take the memory that the process is given; others wait."""
PDF = "application/pdf"
SIGNATURES = {b"%PDF-": PDF, b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class Clean(NamedTuple):
    """A file as it may be kept; `pages` are a PDF's, `locked` says that it opens with the password alone."""

    file: IO[bytes]
    content_type: str
    pages: int | None
    locked: bool


def refusal(field: str, code: str, **facts: object) -> Invalid:
    """The error that says by its code what is wrong with a file."""
    return Invalid(findings_at(field, [problem(code, **facts)]))


def content_type_of(file: IO[bytes]) -> str:
    """What `file` is by its first bytes: PDF, JPEG or PNG; Invalid for anything else, an empty or too large one."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    if not size:
        raise refusal("file", "file_empty")
    if size > settings.DOCUMENT_MAX_BYTES:
        raise refusal("file", "file_too_large", limit=f"{settings.DOCUMENT_MAX_BYTES / 1024**2:g}")
    head = file.read(8)
    file.seek(0)
    for signature, content_type in SIGNATURES.items():
        if head.startswith(signature):
            return content_type
    raise refusal("file", "file_kind")


@contextmanager
def cleaned(file: IO[bytes], password: str) -> Iterator[Clean]:
    """The clean copy of `file`, while the block lasts: a PDF as it came, once it has opened; a picture written anew.

    Raises Invalid, about `file` or `password`, with one sentence for the person who sent it.
    """
    content_type = content_type_of(file)
    with TemporaryFile() as source, TemporaryFile() as picture:
        shutil.copyfileobj(file, source)
        file.seek(0)
        source.seek(0)
        told = _opened(source, picture, content_type, password)
        if "refused" in told:
            raise _refused(told["refused"])
        if password and not told["locked"]:
            raise refusal("password", "password_unneeded")
        kept = source if content_type == PDF else picture
        content_type_of(kept)
        yield Clean(kept, content_type, told["pages"], told["locked"])


def _opened(source: IO[bytes], picture: IO[bytes], content_type: str, password: str) -> dict[str, Any]:
    """What the process says of the file."""
    files = source.fileno(), picture.fileno()
    limits = settings.DOCUMENT_MAX_PIXELS, settings.DOCUMENT_MAX_PAGES
    # Isolated (-I): neither the environment nor the working folder can put code into it.
    command = [sys.executable, "-I", str(PROGRAM), *map(str, (*files, content_type, *limits))]
    with AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603  our own program
                command,
                input=password.encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=files,
                env={},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"refused": "file_too_costly"}
    told: dict[str, Any] = json.loads(done.stdout) if done.stdout else {"refused": "file_too_costly"}
    return told


def _refused(code: str) -> Invalid:
    limit = settings.DOCUMENT_MAX_PIXELS if code == "too_many_pixels" else settings.DOCUMENT_MAX_PAGES
    return refusal("password" if code.startswith("password") else "file", code, limit=f"{limit:,}")
