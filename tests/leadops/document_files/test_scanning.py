"""The virus scanner, asked by clamd's protocol on real sockets; without its word nothing is clean."""

from __future__ import annotations

import socket
from io import BytesIO

import pytest

from leadops.document_files import scanning
from leadops.document_files.scanning import Clamd, ScannerAway
from leadops.document_files.settings import Address
from tests.leadops import clamd


@pytest.fixture(params=["unix", "tcp"])
def daemon(request, tmp_path):
    with clamd.running(str(tmp_path / "clamd.ctl") if request.param == "unix" else "") as (server, address):
        yield server, Clamd(address)


def test_a_clean_file_is_shown_whole(daemon):
    server, scanner = daemon
    content = b"%PDF-" + bytes(range(256)) * 1000  # several parts
    file = BytesIO(content)
    file.seek(7)
    assert scanner.found_in(file) == ""
    assert server.seen == [content]


def test_a_virus_is_named(daemon):
    assert daemon[1].found_in(BytesIO(b"%PDF-" + clamd.EICAR)) == "Eicar-Test-Signature"


def test_a_file_over_the_scanners_own_limit_is_not_clean(daemon):
    with pytest.raises(ScannerAway):
        daemon[1].found_in(BytesIO(bytes(2 * clamd.STREAM_MAX)))


@pytest.mark.parametrize("answer", [b"stream: OK", b"", b"OK\0", b"stream: ERROR\0", b"x" * 5000 + b"\0"])
def test_an_answer_that_is_not_clear_is_no_answer(daemon, answer):
    server, scanner = daemon
    server.answer = answer
    with pytest.raises(ScannerAway):
        scanner.found_in(BytesIO(b"%PDF-"))


def test_a_scanner_that_hangs_up_is_away(daemon):
    server, scanner = daemon
    server.hangs_up = True
    with pytest.raises(ScannerAway):
        scanner.found_in(BytesIO(b"%PDF-"))


def test_a_scanner_that_is_not_there_is_away(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (Address(path=str(tmp_path / "nothing")), Address(host="127.0.0.1", port=port)):
        with pytest.raises(ScannerAway):
            Clamd(address).found_in(BytesIO(b"%PDF-"))


def test_a_scanner_that_says_nothing_is_waited_for_no_longer_than_allowed(monkeypatch):
    monkeypatch.setattr(scanning, "SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ScannerAway):
            Clamd(Address("", *silent.getsockname())).found_in(BytesIO(b"%PDF-"))


def test_without_a_setting_there_is_no_scanner(settings):
    assert scanning.scanner() is None
    settings.CLAMD = Address(path="/run/clamav/clamd.ctl")
    assert isinstance(scanning.scanner(), Clamd)
