"""The embedded broker: a message is there whole or not at all, and what is none ends nobody."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty

import pytest
from celery import Celery
from kombu import Connection, Exchange, Queue

from leadops import doorbell, embedded_broker, first_run
from tests.environment import ROOT
from tests.patience import wait_until

RUBBISH = [b"", b"{", b"null", b"[]", b"{}", b'{"properties": {}}', b'{"properties": 5}', b"\xff\xfe", b'"a"']


def connection(folder: Path) -> Connection:
    return Connection("folder://localhost//", transport_options=first_run.broker_folders(folder))


@pytest.fixture
def broker(tmp_path):
    with connection(tmp_path) as opened:
        yield opened


def put(broker: Connection, *bodies: str, queue: str = "celery") -> None:
    with broker.SimpleQueue(queue, serializer="json") as box:
        for body in bodies:
            box.put(body)
            time.sleep(0.002)


def taken(broker: Connection, queue: str = "celery") -> list[str]:
    found = []
    with broker.SimpleQueue(queue, serializer="json") as box:
        while True:
            try:
                message = box.get(block=False)
            except Empty:
                return found
            message.ack()
            found.append(message.payload)


def test_messages_come_in_their_order_and_each_once(broker, tmp_path):
    put(broker, "one", "two", "three")
    assert taken(broker) == ["one", "two", "three"]
    assert taken(broker) == []
    assert os.listdir(tmp_path / "queue") == []


def test_queues_are_kept_apart(broker):
    put(broker, "one", queue="deliver-1")
    assert taken(broker, "celery") == []
    assert taken(broker, "deliver-1") == ["one"]


@pytest.mark.parametrize("content", RUBBISH)
def test_what_is_no_message_is_put_aside_and_the_next_one_comes(broker, tmp_path, caplog, content):
    name = "1_00000000-0000-0000-0000-000000000000.celery.msg"
    (tmp_path / "queue" / name).write_bytes(content)
    put(broker, "sound")
    assert taken(broker) == ["sound"]
    assert os.listdir(tmp_path / "queue") == [f"{name}.unreadable"]
    assert f"has put {name} aside" in caplog.text


def test_a_message_that_is_being_written_is_not_there_yet(broker, tmp_path, monkeypatch):
    real, seen = Path.rename, []

    def looked_at(path, target):
        seen.append(taken(broker))
        return real(path, target)

    with broker.SimpleQueue("celery", serializer="json") as box:
        monkeypatch.setattr(Path, "rename", looked_at)
        box.put("one")
        monkeypatch.undo()
    assert seen
    assert not any(seen)
    assert taken(broker) == ["one"]


@pytest.mark.parametrize("content", [*RUBBISH, b'[["a", "b"', b"[[1]]"])
def test_a_table_of_queues_that_can_not_be_read_is_made_anew(broker, tmp_path, content, caplog):
    (tmp_path / "control" / "calls.exchange").write_bytes(content)
    queue = Queue("celery", Exchange("calls"), routing_key="celery")
    queue.bind(broker.default_channel).declare()
    assert broker.default_channel.get_table("calls") == [("celery", "", "celery")]
    queue.bind(broker.default_channel).delete()
    assert broker.default_channel.get_table("calls") == []


def test_a_folder_that_is_gone_is_told_in_one_sentence(broker, tmp_path):
    with broker.SimpleQueue("celery") as box:
        (tmp_path / "queue").rmdir()
        with pytest.raises(broker.channel_errors, match=r"can't write in .*queue: No such file"):
            box.put("one")


def binds(folder: str, number: int) -> None:
    with connection(Path(folder)) as broker:
        for nth in range(20):
            queue = Queue(f"q{number}-{nth}", Exchange("calls"), routing_key=f"q{number}-{nth}")
            queue.bind(broker.default_channel).declare()


def test_processes_that_name_their_queues_at_once_lose_none(broker, tmp_path):
    context = multiprocessing.get_context("fork")
    several = [context.Process(target=binds, args=(str(tmp_path), number)) for number in range(3)]
    for each in several:
        each.start()
    while any(each.is_alive() for each in several):
        broker.default_channel.get_table("calls")
    assert [each.exitcode for each in several] == [0, 0, 0]
    assert len(broker.default_channel.get_table("calls")) == 60


def test_a_bell_that_nobody_has_heard_yet_is_not_rung_again(tmp_path, monkeypatch):
    app = app_on(tmp_path)
    monkeypatch.setattr(doorbell, "current_app", app)
    monkeypatch.setattr(embedded_broker, "last_sent", {})
    doorbell.ring("deliver")
    doorbell.ring("deliver")
    doorbell.ring("refresh")
    assert len(os.listdir(tmp_path / "queue")) == 2
    with connection(tmp_path) as broker:
        assert len(taken(broker)) == 2
    doorbell.ring("deliver")
    assert len(os.listdir(tmp_path / "queue")) == 1
    app.close()


def test_leadops_rings_by_this_broker_unless_another_is_named(tmp_path):
    ours = {name: value for name, value in os.environ.items() if name != "CELERY_BROKER_URL"}
    code = "from leadops.celery import app; print(type(app.connection_for_write().transport).__module__)"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**ours, "LEADOPS_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "leadops.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == embedded_broker.__name__


def test_a_worker_outlives_a_file_that_is_no_message(tmp_path):
    """The journey that used to end it: a worker of ours, and an empty file in its queue."""
    folder, rang = tmp_path / "broker", tmp_path / "rang"
    code = (
        "import pathlib; from tests.leadops.test_embedded_broker import app_on\n"
        f"app = app_on(pathlib.Path({str(folder)!r}))\n"
        f"def ring(): pathlib.Path({str(rang)!r}).touch()\n"
        "app.task(name='ring')(ring)\n"
        "app.worker_main(['worker', '--pool', 'solo', '--without-gossip', '--without-mingle'])\n"
    )
    name = "1_00000000-0000-0000-0000-000000000000.celery.msg"
    app = app_on(folder)
    (folder / "queue" / name).touch()
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        assert comes(folder / "queue" / f"{name}.unreadable", worker)
        app.send_task("ring", ignore_result=True)
        assert comes(rang, worker)
    finally:
        worker.kill()
        worker.wait()
        app.close()


def app_on(folder: Path) -> Celery:
    embedded_broker.register()
    app = Celery("another", broker="folder://localhost//", set_as_current=False)
    app.conf.broker_transport_options = first_run.broker_folders(folder)
    app.conf.worker_enable_remote_control = False
    return app


def comes(file: Path, worker: subprocess.Popen[bytes]) -> bool:
    wait_until(lambda: file.exists() or worker.poll() is not None, f"{file.name} is there")
    return file.exists()
