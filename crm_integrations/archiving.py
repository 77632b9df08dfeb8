"""Old exchanges as files: a month each, gzipped JSON lines, compared with the database before that lets it go."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from crm_integrations import partitions
from crm_integrations.partitions import Partition
from leadops import statements
from leadops.errors import LeadopsError

ROWS_AT_ONCE = 2000
BODIES = ("request_body", "response_body")


class NotAsArchived(LeadopsError):
    """The archived file and the database differ; nothing was dropped."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What a file must still hold when it is read back: how many rows, and the SHA-256 of their lines."""

    rows: int
    sha256: str

    @classmethod
    def of(cls, lines: Iterable[bytes]) -> Sum:
        rows, digest = 0, hashlib.sha256()
        for line in lines:
            digest.update(line)
            rows += 1
        return cls(rows, digest.hexdigest())


def archive(partition: Partition, folder: Path) -> Sum:
    """Write a month into `folder`, or find it there; returns the sum of what stands in the file.

    A file is whole or not there: it gets its name last. One that does not match its sum is written anew.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    noted = _noted(partition, folder)
    if noted is not None and _on_disk(partition, folder) == noted:
        return noted
    written = _write(partition, path_of(partition, folder))
    _note(partition, folder, written)
    return written


def drop_archived(partition: Partition, folder: Path) -> None:
    """Drop a month whose file holds row for row what the database does; NotAsArchived when it does not.

    The month can be read all the while, and can't be changed between the comparison and its end.
    """
    with partitions.changing():
        partitions.run(f"LOCK TABLE {partition.name} IN SHARE MODE")
        if not _holds_all(partition, folder):
            raise NotAsArchived(
                f"{path_of(partition, folder)} differs from the database, which keeps its rows. Archive the month"
                " to another folder."
            )
        partitions.drop(partition)


def before(month: date) -> list[Partition]:
    """The partitions of the months before `month`, oldest first."""
    return [each for each in partitions.known() if each.month < month]


def end_old() -> list[Partition]:
    """Archive and drop what is older than it is kept; returns the months that went."""
    if not settings.EXCHANGE_KEEP_DAYS:
        return []
    first_kept = partitions.today() - timedelta(days=settings.EXCHANGE_KEEP_DAYS)
    old = before(first_kept.replace(day=1))
    for partition in old:
        archive(partition, settings.EXCHANGE_ARCHIVE)
        drop_archived(partition, settings.EXCHANGE_ARCHIVE)
    return old


def path_of(partition: Partition, folder: Path) -> Path:
    """The file of a month."""
    return folder / f"exchanges-{partition.month:%Y-%m}.jsonl.gz"


def _note_of(partition: Partition, folder: Path) -> Path:
    return folder / f"exchanges-{partition.month:%Y-%m}.json"


def _noted(partition: Partition, folder: Path) -> Sum | None:
    try:
        told = json.loads(_note_of(partition, folder).read_text(encoding="utf-8"))
        return Sum(told["rows"], told["sha256"])
    except (OSError, ValueError, KeyError):
        return None


def _on_disk(partition: Partition, folder: Path) -> Sum | None:
    """The sum of the file as it can be read back, None when it can't."""
    try:
        with gzip.open(path_of(partition, folder)) as file:
            return Sum.of(file)
    except (OSError, EOFError):
        return None


def _holds_all(partition: Partition, folder: Path) -> bool:
    noted = _noted(partition, folder)
    if noted is None or _on_disk(partition, folder) != noted:
        return False
    with gzip.open(path_of(partition, folder)) as file:
        return all(_holds(kept, line) for kept, line in zip_longest(file, _lines(partition)))


def _holds(kept: bytes | None, line: bytes | None) -> bool:
    """Whether the archived row is the database's: the same, or with the bodies that were emptied since."""
    if kept == line or kept is None or line is None:
        return kept == line
    archived, row = json.loads(kept), json.loads(line)
    emptied = {body: "" for body in BODIES if row[body] == ""}
    return bool(archived | emptied == row)


def _lines(partition: Partition) -> Iterator[bytes]:
    """The rows of a month in the order of their ids, each a JSON object on a line."""
    page = f"SELECT id, to_json(e)::text FROM {partition.name} e WHERE id > %s ORDER BY id LIMIT %s"  # noqa: S608  made by `name_of`
    last = "00000000-0000-0000-0000-000000000000"
    while found := statements.rows(page, [last, ROWS_AT_ONCE]):
        yield from (f"{text}\n".encode() for _, text in found)
        last = found[-1][0]


def _write(partition: Partition, path: Path) -> Sum:
    with _whole_or_not(path) as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
        return Sum.of(_through(_lines(partition), file))


def _note(partition: Partition, folder: Path, written: Sum) -> None:
    told = {"month": f"{partition.month:%Y-%m}", **asdict(written)}
    with _whole_or_not(_note_of(partition, folder)) as raw:
        raw.write(json.dumps(told).encode())


def _through(lines: Iterable[bytes], file: gzip.GzipFile) -> Iterator[bytes]:
    for line in lines:
        file.write(line)
        yield line


@contextmanager
def _whole_or_not(path: Path) -> Iterator[BinaryIO]:
    """A file for our eyes only that gets its name once all of it is on disk."""
    part = path.with_name(f"{path.name}.part")
    with open(part, "wb", opener=_private) as raw:
        yield raw
        raw.flush()
        os.fsync(raw.fileno())
    part.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
