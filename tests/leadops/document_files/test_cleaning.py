"""Files are told by content, opened under limits, and pictures keep nothing but the picture."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from leadops.document_files import cleaning
from leadops.document_files.cleaning import cleaned
from leadops.errors import Invalid
from tests import effort
from tests.leadops import papers


def clean(content: bytes, password: str = "") -> tuple[bytes, str, int | None, bool]:
    with cleaned(BytesIO(content), password) as kept:
        return kept.file.read(), kept.content_type, kept.pages, kept.locked


def refused(content: bytes, password: str = "") -> tuple[str, str]:
    with pytest.raises(Invalid) as refusal:
        clean(content, password)
    [finding] = refusal.value.findings
    return finding.field, finding.code


def picture(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def test_a_pdf_is_kept_as_it_came_with_its_pages_counted():
    content = papers.pdf(3)
    assert clean(content) == (content, "application/pdf", 3, False)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_loses_place_device_and_remarks_and_stands_upright(kind):
    content = papers.photo(kind)
    assert papers.PLACE.encode() in content
    kept, content_type, pages, _ = clean(content)
    assert (content_type, pages) == (f"image/{kind.lower()}", None)
    assert not [word for word in (papers.PLACE, "Telephone", "Exif", "eXIf") if word.encode() in kept]
    image = picture(kept)
    assert image.size == (20, 40)
    assert not image.getexif()
    right, left = image.getpixel((18, 20)), image.getpixel((1, 20))
    assert (min(right), max(left)) == pytest.approx((255, 0), abs=8)


def test_what_stands_behind_a_picture_or_in_its_remarks_is_gone():
    html = b"<html><script>alert(1)</script></html>"
    for content in (papers.photo("JPEG", comment=html) + html, papers.photo("PNG") + html):
        assert html in content
        assert b"script" not in clean(content)[0]


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_grey_and_a_printers_jpeg_are_shown_by_every_program(mode):
    assert picture(clean(papers.photo("JPEG", mode=mode))[0]).mode == ("L" if mode == "L" else "RGB")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_a_png_keeps_its_kind(mode):
    assert picture(clean(papers.photo("PNG", mode=mode))[0]).mode == mode


def test_writing_a_jpeg_again_loses_nothing_that_can_be_seen():
    image = Image.radial_gradient("L").convert("RGB")
    made = BytesIO()
    image.save(made, "JPEG", quality=60)
    first, again = picture(made.getvalue()), picture(clean(made.getvalue())[0])
    differences = [abs(a - b) for a, b in zip(first.tobytes(), again.tobytes(), strict=True)]
    assert max(differences) <= 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"<html><script>1</script>", "file_kind"),
        (b"GIF89a", "file_kind"),
        (b"PK\x03\x04", "file_kind"),
        (b"x%PDF-1.7", "file_kind"),
        (b"MZ\x90\x00", "file_kind"),
        (b"%PDF-1.7\n1 0 obj\n", "file_damaged"),
        (b"%PDF-<html><script>alert(1)</script>", "file_damaged"),
        (papers.pdf()[:200], "file_damaged"),
        (b"\xff\xd8\xff<script>", "file_damaged"),
        (papers.photo("JPEG", (400, 400))[:-600], "file_damaged"),
        (papers.photo("PNG")[:-40], "file_damaged"),
        (b"\x89PNG\r\n\x1a\n" + papers.photo("JPEG"), "file_damaged"),
    ],
)
def test_what_is_no_whole_document_is_refused(content, code):
    assert refused(content) == ("file", code)


def test_a_file_over_the_limit_is_refused_before_it_is_opened(settings, monkeypatch):
    settings.DOCUMENT_MAX_BYTES = 100
    monkeypatch.setattr(cleaning.subprocess, "run", None)
    assert refused(papers.pdf()) == ("file", "file_too_large")


def test_a_pdf_of_too_many_pages_is_refused(settings):
    settings.DOCUMENT_MAX_PAGES = 2
    assert refused(papers.pdf(3)) == ("file", "too_many_pages")
    assert clean(papers.pdf(2))[2] == 2


def test_a_picture_that_unpacks_to_gigabytes_is_refused_at_once():
    content = papers.bomb()
    assert len(content) < 5000
    assert effort.seconds(lambda: refused(content)) < 5
    assert refused(content) == ("file", "too_many_pixels")


def test_a_file_that_takes_too_much_memory_or_time_is_refused(settings, monkeypatch):
    settings.DOCUMENT_MAX_PIXELS = 10**12
    assert refused(papers.bomb(100_000, 100_000))[1] == "file_too_costly"
    monkeypatch.setattr(cleaning, "SECONDS", 0.01)
    assert refused(papers.pdf())[1] == "file_too_costly"


def test_a_locked_pdf_opens_with_its_password_alone():
    content = papers.pdf(2, password="pā ss\n1")
    assert clean(content, "pā ss\n1") == (content, "application/pdf", 2, True)
    assert refused(content) == ("password", "password_missing")
    assert refused(content, "another") == ("password", "password_wrong")


@pytest.mark.parametrize("content", [papers.pdf(), papers.photo()])
def test_a_password_that_opens_nothing_is_refused_and_not_kept(content):
    assert refused(content, "1234") == ("password", "password_unneeded")
