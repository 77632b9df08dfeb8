"""A file is looked at before anything parses it."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from leadops.errors import UnreadableFile
from leadops.excel import preflight
from leadops.excel.kinds import Kind
from tests import effort
from tests.leadops.excel import workbooks
from tests.leadops.excel.corpus import by_hand
from tests.leadops.excel.corpus.cases import STORED

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.fixture
def good(tmp_path):
    return workbooks.ours(tmp_path / "good.xlsx", [workbooks.HEADER, *workbooks.good_rows(3)])


def refusal(content: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        preflight.inspect(io.BytesIO(content))
    return caught.value.message


def test_a_workbook_passes_and_is_left_at_its_start(good):
    with good.open("rb") as file:
        preflight.inspect(file)
        assert file.tell() == 0


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n" + bytes(100), "a PDF document and not a workbook"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture and not a workbook"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "a picture and not a workbook"),
        (b"{\\rtf1 Mobile}", "a text document and not a workbook"),
        (b"\x1f\x8b\x08" + bytes(100), "a packed archive and not a workbook"),
        (b'{"mobile": "9800000001"}', "JSON and not a workbook"),
        (b"\x7fELF\x02\x01" + bytes(range(200)), "This is not a workbook"),
        (bytes(range(1, 256)), "This is not a workbook"),
        (b"<html><table></table></html>", "a web page under the name of a workbook"),
        (b"\xef\xbb\xbf\n <TABLE border=1><tr>", "a web page under the name of a workbook"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "a web page under the name"),
        (
            b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook>',
            "spreadsheet in plain XML",
        ),
        (OLE, "damaged"),
        (b"PK\x03\x04" + bytes(200), "damaged"),
    ],
)
def test_what_is_no_workbook_is_refused_by_its_content(content, word):
    assert word in refusal(content)


@pytest.mark.parametrize(
    "content",
    [
        b"Mobile,Name\n9800000001,Asha\n",
        "Mobile\tName\r\n9800000001\tAsha".encode("utf-16-le"),
        "Mobile\tName\r\n9800000001\tAsha".encode("utf-16-be"),
        "Mobile;Name\n9800000001;Zoë".encode("cp1252"),
        b"\xff\xfe" + "Mobile".encode("utf-16-le"),
    ],
)
def test_text_is_told_from_everything_else(content):
    assert preflight.inspect(io.BytesIO(content)) is Kind.CSV


def test_a_workbook_cut_off_on_its_way_is_refused(good):
    content = good.read_bytes()
    assert "damaged" in refusal(content[: len(content) // 2])


def test_another_kind_of_archive_is_refused(tmp_path):
    path = workbooks.zip_of(
        tmp_path / "x.docx", **{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}
    )
    assert "a Word document and not a workbook" in refusal(path.read_bytes())


def test_macros_are_refused(good):
    workbooks.with_part(good, "xl/vbaProject.bin", b"macro")
    assert "macros" in refusal(good.read_bytes())


def test_an_encrypted_entry_is_refused(good):
    content = bytearray(good.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 8] |= 1  # the flag in the archive's directory
    assert "password" in refusal(bytes(content))


def test_a_file_too_large_is_refused_unread(good, settings):
    settings.IMPORT_MAX_BYTES = 1024
    assert "larger than" in refusal(good.read_bytes())


def test_a_deflate_bomb_is_refused_by_its_ratio(good):
    workbooks.with_part(good, "xl/worksheets/sheet2.xml", bytes(40 * 1024 * 1024))
    content = good.read_bytes()
    assert len(content) < 100_000
    assert "packed as no workbook is" in refusal(content)


def test_too_many_entries_are_refused(good, monkeypatch):
    monkeypatch.setattr(preflight, "MOST_ENTRIES", 3)
    assert "unpacks to more" in refusal(good.read_bytes())


def test_a_total_too_large_is_refused(good, monkeypatch):
    monkeypatch.setattr(preflight, "MOST_UNPACKED", 500)
    assert "unpacks to more" in refusal(good.read_bytes())


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
BILLION = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "lol">%s]><w>&l9;</w>' % LAUGHS
OURS = b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w>&x;</w>'


def workbook_with(tmp_path, part: str, content: bytes) -> bytes:
    """A workbook whose `part` is `content`."""
    good = workbooks.ours(tmp_path / "good.xlsx", [workbooks.HEADER, *workbooks.good_rows(3)])
    with zipfile.ZipFile(good) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert part in parts
    return workbooks.zip_of(tmp_path / "crafted.xlsx", **parts | {part: content}).read_bytes()


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"]
)
@pytest.mark.parametrize(
    "content",
    [
        BILLION,
        OURS,
        b"<!-- a remark --><?an order?>" + OURS,
        OURS.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + OURS,
        b"<!--" + b" " * preflight.LONGEST_PROLOG + b"-->" + OURS,
    ],
    ids=["billion laughs", "a file of ours", "remark", "utf-16", "mark", "long prolog"],
)
def test_xml_entities_are_refused(tmp_path, part, content):
    path, said = workbook_with(tmp_path, part, content), []
    assert effort.seconds(lambda: said.append(refusal(path))) < 1
    assert "XML entities" in said[0]


def test_a_part_that_is_broken_off_in_the_packing_is_refused(tmp_path):
    good = workbooks.ours(tmp_path / "good.xlsx", [workbooks.HEADER, *workbooks.good_rows(300)])
    content = bytearray(good.read_bytes())
    with zipfile.ZipFile(good) as archive:
        begins = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    content[begins + 60 : begins + 90] = b"\xff" * 30
    assert "damaged" in refusal(bytes(content))


def test_a_picture_in_a_workbook_is_no_xml(good):
    workbooks.with_part(good, "xl/media/image1.png", b"\x89PNG\r\n\x1a\n<!DOCTYPE w>" + bytes(100))
    with good.open("rb") as file:
        preflight.inspect(file)


class TestPasswordsAndMacros:
    def test_a_workbook_under_a_password_is_refused(self, tmp_path):
        path = by_hand.compound(tmp_path / "a.xlsx", EncryptionInfo=b"x", EncryptedPackage=b"y")
        assert "password" in refusal(path.read_bytes())

    def test_an_old_workbook_under_a_password_is_refused(self, tmp_path):
        stream = struct.pack("<HHHH", 0x0809, 4, 0x0600, 5) + struct.pack("<HHHH", 0x2F, 4, 1, 1)
        assert "password" in refusal(by_hand.compound(tmp_path / "a.xls", Workbook=stream).read_bytes())

    def test_an_old_workbook_with_macros_is_refused(self, tmp_path):
        stream = struct.pack("<HHHH", 0x0809, 4, 0x0600, 5)
        path = by_hand.compound(tmp_path / "a.xls", Workbook=stream, _VBA_PROJECT_CUR=b"macro")
        assert "macros" in refusal(path.read_bytes())

    def test_an_older_workbook_than_it_can_be_read_is_refused(self, tmp_path):
        stream = struct.pack("<HHHH", 0x0809, 4, 0x0500, 5)
        assert "Excel 95" in refusal(by_hand.compound(tmp_path / "a.xls", Book=stream).read_bytes())

    def test_a_document_of_another_program_in_the_same_container_is_refused(self, tmp_path):
        path = by_hand.compound(tmp_path / "a.xls", WordDocument=b"x")
        assert "a document of another program and not a workbook" in refusal(path.read_bytes())

    @pytest.mark.parametrize("cut", [520, 1024, 3000, 6000])
    def test_an_old_workbook_cut_off_on_its_way_is_refused(self, cut):
        content = (STORED / "dirty.xls").read_bytes()[:cut]
        assert "damaged" in refusal(content) or "not a workbook" in refusal(content)

    def test_a_chain_that_bites_its_tail_ends(self, tmp_path):
        path = by_hand.compound(tmp_path / "a.xls", Workbook=b"x")
        content = bytearray(path.read_bytes())
        directory = struct.unpack_from("<I", content, 48)[0]
        struct.pack_into("<I", content, 512 + 4 * directory, directory)  # the directory goes on with itself
        assert "damaged" in refusal(bytes(content))

    def test_a_workbook_that_may_hold_macros_is_refused(self, tmp_path):
        kinds = (
            b"<Types><Override ContentType='application/vnd.ms-excel.sheet.macroEnabled.main+xml'/></Types>"
        )
        assert "macros" in refusal(workbook_with(tmp_path, "[Content_Types].xml", kinds))

    def test_sheets_of_old_macros_are_refused(self, good):
        workbooks.with_part(good, "xl/macrosheets/sheet1.xml", b"<macrosheet/>")
        assert "macros" in refusal(good.read_bytes())

    @pytest.mark.parametrize(
        ("part", "content", "word"),
        [
            ("META-INF/manifest.xml", b"<manifest><encryption-data/></manifest>", "password"),
            ("Basic/Standard/Module1.xml", b"<module/>", "macros"),
            ("Scripts/python/a.py", b"import os", "macros"),
        ],
    )
    def test_an_open_document_is_refused_for_the_same_reasons(self, tmp_path, part, content, word):
        plain = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<office/>"}
        assert preflight.inspect(io.BytesIO(packed(tmp_path, plain))) is Kind.ODS
        assert word in refusal(packed(tmp_path, plain | {part: content}))

    @pytest.mark.parametrize(
        ("names", "words"),
        [
            (["mimetype", "content.xml"], "a document of another kind and not a workbook"),
            (["[Content_Types].xml", "ppt/presentation.xml"], "a presentation and not a workbook"),
            (["[Content_Types].xml", "other.xml"], "This is not a workbook"),
            (["Index/Document.iwa"], "Apple Numbers"),
            (["leads.csv"], "a packed archive and not a workbook"),
        ],
    )
    def test_other_archives_are_called_by_their_names(self, tmp_path, names, words):
        assert words in refusal(packed(tmp_path, dict.fromkeys(names, b"<a/>")))


def packed(tmp_path, parts: dict[str, bytes]) -> bytes:
    return by_hand.packed(tmp_path / "packed", parts).read_bytes()


@pytest.mark.parametrize("name", ["dirty.xls", "dirty.ods", "dirty.csv", "dirty.xlsx"])
def test_the_kind_is_told_by_the_content(name):
    with (STORED / name).open("rb") as file:
        assert preflight.inspect(file).value == name.partition(".")[2]
        assert file.tell() == 0
