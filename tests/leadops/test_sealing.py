"""Personal data in its columns: sealed, bound to its place, found by blind index."""

from __future__ import annotations

import base64
import hmac
import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from leadops import sealing
from leadops.fields import Sealed
from leadops.models import Applicant, Bank, Lead
from leadops.sealing import CannotOpen, blind_index, fingerprint, open_sealed, seal
from tests import people


@pytest.fixture
def lead(partner, program) -> Lead:
    return people.leads_of(partner, program)[0]


@pytest.fixture
def rotated(settings):
    """A second key, current; the first is still there for reading."""
    first = settings.FIELD_KEYS
    settings.FIELD_KEYS = f"{first},2:{base64.b64encode(os.urandom(32)).decode()}"
    sealing.key_ring.cache_clear()
    yield
    settings.FIELD_KEYS = first
    sealing.key_ring.cache_clear()


def test_what_is_sealed_opens_at_its_place_alone():
    sealed = seal("AAAPL1234C", "leadops.applicant.pan_no:1")
    assert open_sealed(sealed, "leadops.applicant.pan_no:1") == "AAAPL1234C"
    for elsewhere in ("leadops.applicant.pan_no:2", "leadops.applicant.tax_id:1", "leadops.bank.pan_no:1"):
        with pytest.raises(CannotOpen):
            open_sealed(sealed, elsewhere)


SEALED_LENGTH = 2 + sealing.NONCE_BYTES + len("AAAPL1234C") + 16


@pytest.mark.parametrize("length", range(SEALED_LENGTH))
def test_what_was_cut_does_not_open(length):
    sealed = seal("AAAPL1234C", "here")
    assert len(sealed) == SEALED_LENGTH
    with pytest.raises(CannotOpen):
        open_sealed(sealed[:length], "here")


@pytest.mark.parametrize("position", range(SEALED_LENGTH))
def test_what_was_altered_does_not_open(position):
    sealed = bytearray(seal("AAAPL1234C", "here"))
    sealed[position] ^= 1
    with pytest.raises(CannotOpen):
        open_sealed(bytes(sealed), "here")


def test_the_same_text_is_never_sealed_alike():
    assert seal("x", "here") != seal("x", "here")


def test_a_blind_index_is_equal_for_equal_values_of_one_purpose_only():
    assert blind_index("pan", "AAAPL1234C") == blind_index("pan", "AAAPL1234C")
    assert blind_index("pan", "AAAPL1234C") != blind_index("account", "AAAPL1234C")
    assert blind_index("pan", "") is None


def test_a_blind_index_is_what_it_was_in_every_release(settings):
    """Stored ones would find nothing any more."""
    key = base64.b64decode(settings.INDEX_KEY)
    expected = hmac.digest(key, b"pan\0AAAPL1234C", "sha256")

    assert blind_index("pan", "AAAPL1234C") == expected[:16]
    assert fingerprint("file", b"x") == hmac.digest(key, b"file\0x", "sha256")


def test_a_rotated_key_reads_the_old_and_writes_the_new(rotated, settings):
    settings.FIELD_KEYS, both = settings.FIELD_KEYS.split(",")[0], settings.FIELD_KEYS
    sealing.key_ring.cache_clear()
    old = seal("x", "here")
    settings.FIELD_KEYS = both
    sealing.key_ring.cache_clear()
    assert open_sealed(old, "here") == "x"
    assert (old[1], seal("x", "here")[1]) == (1, 2)


@pytest.mark.parametrize("keys", ["", "1:short", "no colon", "0:" + "A" * 44, "1:!!!"])
def test_nonsense_for_keys_is_said(settings, keys):
    settings.FIELD_KEYS = keys
    sealing.key_ring.cache_clear()
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        seal("x", "here")
    sealing.key_ring.cache_clear()


def test_no_personal_number_stands_in_the_database_in_clear(lead):
    applicant, bank = Applicant.objects.get(), Bank.objects.get()
    canaries = [lead.primary_mobile, applicant.pan_no, applicant.identity_number, bank.account_no]
    assert all(canaries)
    with connection.cursor() as cursor:
        for table in ("leadops_lead", "leadops_applicant", "leadops_bank"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            dump = cursor.fetchone()[0]
            for canary in canaries:
                assert canary not in dump
                assert canary.encode().hex() not in dump


def test_a_record_reads_back_what_was_written_and_keeps_it_over_a_save(lead):
    [draft] = people.drafts(1)
    applicant = Applicant.objects.get()
    before = applicant.__dict__["pan_no"]
    assert isinstance(before, Sealed)
    applicant.name = "Another Name"
    applicant.save()
    assert Applicant.objects.get().__dict__["pan_no"] == before
    assert Applicant.objects.get().pan_no == draft.applicants[0].pan_no
    applicant.pan_no = "AAAPL1234C"
    applicant.save()
    found = Applicant.objects.get(pan_no_index=blind_index("pan", "AAAPL1234C"))
    assert found.pan_no == "AAAPL1234C"


def test_a_deferred_column_opens_when_it_is_asked_for(lead):
    assert Applicant.objects.defer("pan_no").get().pan_no == Applicant.objects.get().pan_no


@pytest.mark.django_db
def test_plain_text_is_refused_where_it_would_pass_the_seal():
    with pytest.raises(TypeError, match="encrypted"):
        Applicant.objects.filter(pan_no="AAAPL1234C").exists()
    with pytest.raises(TypeError, match="encrypted"):
        Applicant.objects.update(pan_no="AAAPL1234C")


def test_an_empty_text_is_empty_and_not_found(lead):
    Applicant.objects.all().delete()
    made = Applicant.objects.create(lead=lead, name="No PAN")
    made.refresh_from_db()
    assert (made.pan_no, made.pan_no_index) == ("", None)
