"""Old months become files before they leave the database, and only what is safe there is dropped."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crm_integrations import archiving, partitions, tasks
from crm_integrations.models import Connection, Exchange
from leadops.ids import made_at, uuid7

MAY, JUNE = date(2019, 5, 1), date(2019, 6, 1)
FILE = "exchanges-2019-05.jsonl.gz"


@pytest.fixture
def old_calls(db) -> list[Exchange]:
    """Three calls of May 2019 and one of June, each month in its partition."""
    vendor = Connection(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:9")
    vendor.save()
    made = []
    for day in (1, 2, 31, 32):
        with made_at(datetime(2019, 4, 30, 12, tzinfo=UTC) + timedelta(days=day)):
            made.append(uuid7())
    bodies = ['{"name": "Zoë\\n"}', "\\", "", "₹ 5"]
    for pk, body in zip(made, bodies, strict=True):
        Exchange.objects.create(pk=pk, connection=vendor, purpose="create", request_body=body, status=200)
    partitions.make_ahead()
    return list(Exchange.objects.all())


def may() -> partitions.Partition:
    return partitions.known()[0]


def months() -> list[date]:
    return [each.month for each in partitions.known() if each.month < date(2020, 1, 1)]


def archive(folder: Path, *words: str) -> str:
    call_command("archive_exchanges", "--before", "2019-06", "--to", str(folder), *words)
    return str(folder / FILE)


def test_a_month_is_written_as_lines_of_json(old_calls, tmp_path, capsys):
    file = archive(tmp_path, "--json")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    assert [each["id"] for each in told] == [str(each.pk) for each in old_calls[:3]]
    assert [each["request_body"] for each in told] == [each.request_body for each in old_calls[:3]]
    assert json.loads(capsys.readouterr().out)["months"][0]["rows"] == 3
    assert Path(file).stat().st_mode & 0o077 == 0
    assert Exchange.objects.count() == 4


def test_only_months_before_the_named_one_go(old_calls, tmp_path):
    archive(tmp_path, "--drop")
    assert months() == [JUNE]
    assert list(Exchange.objects.all()) == old_calls[3:]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exchanges-2019-05.json", FILE]


def test_a_second_run_finds_the_file_and_leaves_it(old_calls, tmp_path):
    first = Path(archive(tmp_path)).stat()
    assert Path(archive(tmp_path)).stat().st_mtime_ns == first.st_mtime_ns


def test_a_file_cut_short_by_a_kill_is_written_anew(old_calls, tmp_path):
    (tmp_path / f"{FILE}.part").write_bytes(b"half")
    file = Path(archive(tmp_path))
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    archive(tmp_path)
    assert file.read_bytes() == whole
    assert not (tmp_path / f"{FILE}.part").exists()


def test_a_month_that_differs_from_its_file_is_not_dropped(old_calls, tmp_path):
    archive(tmp_path)
    Exchange.objects.filter(pk=old_calls[0].pk).update(status=500)
    with pytest.raises(CommandError, match="differs from the database"):
        archive(tmp_path, "--drop")
    assert months() == [MAY, JUNE]


def test_a_row_that_came_later_holds_the_month(old_calls, tmp_path):
    archive(tmp_path)
    with made_at(datetime(2019, 5, 20, tzinfo=UTC)):
        Exchange.objects.create(connection=old_calls[0].connection, purpose="create")
    with pytest.raises(CommandError, match="differs from the database"):
        archive(tmp_path, "--drop")
    assert months() == [MAY, JUNE]


def test_a_month_archived_before_its_bodies_were_emptied_may_go(old_calls, tmp_path):
    file = archive(tmp_path)
    partitions.empty_bodies(JUNE)
    archive(tmp_path, "--drop")
    assert months() == [JUNE]
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        assert json.loads(lines.readline())["request_body"] == old_calls[0].request_body


def test_a_file_whose_disk_lost_it_holds_the_month(old_calls, tmp_path):
    Path(archive(tmp_path)).unlink()
    with pytest.raises(archiving.NotAsArchived):
        archiving.drop_archived(may(), tmp_path)
    assert months() == [MAY, JUNE]


def test_a_month_to_come_is_refused(db, tmp_path):
    with pytest.raises(CommandError, match="still being made"):
        call_command("archive_exchanges", "--before", "2090-01", "--to", str(tmp_path))


def test_a_month_that_is_none_is_refused(db, tmp_path):
    with pytest.raises(CommandError, match="a month is like 2026-03"):
        call_command("archive_exchanges", "--before", "March", "--to", str(tmp_path))


def test_the_daily_task_archives_and_drops_what_is_older_than_it_is_kept(old_calls, settings, tmp_path):
    settings.EXCHANGE_ARCHIVE = tmp_path
    settings.EXCHANGE_KEEP_DAYS = (partitions.today() - JUNE).days
    tasks.prune()
    assert months() == [JUNE]
    assert (tmp_path / FILE).exists()


def test_nothing_is_dropped_where_all_is_kept(old_calls, settings, tmp_path):
    settings.EXCHANGE_ARCHIVE, settings.EXCHANGE_KEEP_DAYS = tmp_path, 0
    tasks.prune()
    assert months() == [MAY, JUNE]
    assert not list(tmp_path.iterdir())
