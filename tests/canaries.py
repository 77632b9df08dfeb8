"""Looking for planted values byte by byte, in whatever form they may have got somewhere."""

from __future__ import annotations

import base64
import io
import logging
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from celery import current_app
from django.conf import settings
from django.db import connection

from leadops.request_ids import RequestIdFilter


def forms_of(value: str) -> Iterator[bytes]:
    """A value as it is, escaped for an address or in JSON, in hex, and in base64 wherever it begins in a text."""
    plain = value.encode()
    yield from (plain, quote(value, safe="").encode(), plain.hex().encode(), plain.hex().upper().encode())
    yield value.encode("unicode_escape")
    for before in range(3):  # of a group of three bytes
        whole = base64.b64encode(bytes(before) + plain)
        cut = whole[(0, 2, 3)[before] : len(whole) // 4 * 4 - 4]
        yield from (cut, cut.translate(bytes.maketrans(b"+/", b"-_")))


def found(planted: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Which value is in which place, by their names."""
    forms = {name: set(forms_of(value)) for name, value in planted.items()}
    return [
        f"{name} in {place}"
        for place, held in places.items()
        for name, each in forms.items()
        if any(form in held for form in each)
    ]


def dumped() -> Iterator[tuple[str, bytes]]:
    """Every table, as the server copies it out: what `pg_dump` writes."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in sorted(tables):
            with cursor.cursor.copy(f'COPY (SELECT * FROM "{table}") TO STDOUT') as copy:
                yield f"table {table}", b"".join(bytes(block) for block in copy)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder`, archives also opened."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield f"file {path.relative_to(folder)}", opened(path.read_bytes())


EMBEDDED_BROKER = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("data_folder_in")


def in_the_broker() -> Iterator[tuple[str, bytes]]:
    """All that waits in the broker, and every file of it: `make chaos PARTS=canaries` names the folder of a server."""
    folder = Path(str(EMBEDDED_BROKER or os.environ["BROKER_FOLDER"]))
    if not EMBEDDED_BROKER:
        yield "broker's queue", b"\n".join(_waiting())
    for name, held in files(folder):
        yield f"broker's {name}", held


def _waiting() -> Iterator[bytes]:
    """Every message of the queue; it has them back when the connection ends."""
    with current_app.connection_for_read() as link:
        queue = current_app.amqp.queues[current_app.conf.task_default_queue](link.default_channel)
        while message := queue.get():
            body = message.body if isinstance(message.body, bytes) else message.body.encode()
            yield repr((message.headers, message.properties)).encode() + body


def opened(content: bytes) -> bytes:
    """A file and, where it is an archive such as a workbook, all that is in it."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return content + b"".join(map(archive.read, archive.namelist()))


DATABASE = settings.DATABASES["default"]
IS_OURS = DATABASE["ENGINE"] == "leadops.embedded_postgres"
"""Whether the database's server is the embedded one; another keeps its log to itself."""


@contextmanager
def logged_by_the_server() -> Iterator[io.BytesIO]:
    """All that our server logs meanwhile; it has logged a refusal before it answers."""
    written, log = io.BytesIO(), Path(DATABASE["HOST"]) / "log"
    before = log.stat().st_size if IS_OURS else 0
    try:
        yield written
    finally:
        if IS_OURS:
            with log.open("rb") as file:
                file.seek(before)
                written.write(file.read())


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, as it is written in production."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    line = settings.LOGGING["formatters"]["line"]
    handler.setFormatter(logging.Formatter(line["format"], style=line["style"]))
    handler.addFilter(RequestIdFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield written
    finally:
        root.removeHandler(handler)


def in_one(texts: Iterable[str]) -> bytes:
    return "\n".join(texts).encode()
