"""Documents in a bucket: stored, read, replaced and deleted at a server that speaks S3."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from moto.server import ThreadedMotoServer

from leadops.document_files import settings as store_settings
from leadops.document_files.settings import Address, clamd_address, document_storage
from leadops.errors import Away
from leadops.models import Document
from leadops.services import documents
from leadops.services.document_events import By
from leadops.services.document_storing import Given
from tests import people
from tests.leadops import papers

BUCKET, REGION = "lender-documents", "ap-south-1"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server, settings, monkeypatch) -> Any:
    """The client of an empty bucket that documents are kept in."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sandbox")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")
    client = boto3.client("s3", endpoint_url=server, region_name=REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    where = f"s3://{BUCKET}/leadops?endpoint_url={server}&region_name={REGION}&addressing_style=path"
    settings.STORAGES = {**settings.STORAGES, "documents": document_storage(where)}
    yield client
    for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=each["Key"])
    client.delete_bucket(Bucket=BUCKET)
    client.close()


def kept(bucket) -> dict[str, bytes]:
    listed = bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    keys = [each["Key"] for each in listed]
    return {key: bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


@pytest.fixture
def lead(partner, program):
    return people.leads_of(partner, program)[0]


def given(content: bytes) -> Given:
    return Given("PAN", None, SimpleUploadedFile("pan card.pdf", content))


def test_a_document_lies_in_the_bucket_under_a_random_name_and_comes_back_whole(bucket, lead, officer):
    content = papers.pdf(2)
    document = documents.add(lead, given(content), By(officer))
    [(key, stored)] = kept(bucket).items()
    assert stored == content
    assert key == f"leadops/{document.file.name}"
    assert "pan" not in key
    told = bucket.head_object(Bucket=BUCKET, Key=key)
    assert told["ContentDisposition"] == "attachment"
    with documents.opened(Document.objects.get(), By(officer)) as file:
        assert file.read() == content


def test_what_is_replaced_or_deleted_leaves_the_bucket(
    bucket, lead, partner, django_capture_on_commit_callbacks
):
    by = By(partner=partner)
    document = documents.add(lead, given(papers.pdf(1)), by)
    with django_capture_on_commit_callbacks(execute=True):
        documents.change(document, given(papers.pdf(2)), by)
    assert list(kept(bucket).values()) == [papers.pdf(2)]
    with django_capture_on_commit_callbacks(execute=True):
        documents.delete(document, by)
    assert kept(bucket) == {}


def test_a_record_that_can_not_be_written_leaves_nothing_in_the_bucket(bucket, lead, officer, monkeypatch):
    monkeypatch.setattr(documents, "MOST", 0)
    with pytest.raises(Exception, match="documents already"):
        documents.add(lead, given(papers.pdf()), By(officer))
    assert kept(bucket) == {}


def test_a_bucket_that_is_not_there_is_told_as_away(bucket, settings, lead, officer):
    document = documents.add(lead, given(papers.pdf()), By(officer))
    options = settings.STORAGES["documents"]["OPTIONS"] | {"bucket_name": "nothing-here"}
    settings.STORAGES = {
        **settings.STORAGES,
        "documents": {**settings.STORAGES["documents"], "OPTIONS": options},
    }
    with pytest.raises(Away):
        documents.add(lead, given(papers.pdf()), By(officer))
    with pytest.raises(Away):
        documents.opened(document, By(officer))
    assert Document.objects.count() == 1


def test_without_a_bucket_documents_lie_in_the_folder():
    assert document_storage("") == {"BACKEND": "django.core.files.storage.FileSystemStorage"}


@pytest.mark.parametrize(
    "text", ["bucket", "s3:///x", "http://bucket", "s3://key:secret@bucket", "s3://bucket?access_key=1"]
)
def test_an_address_of_a_bucket_that_is_none_is_said(text):
    with pytest.raises(ImproperlyConfigured, match="DOCUMENT_STORE"):
        document_storage(text)


@pytest.mark.parametrize(
    "text", ["/run/clamd.ctl", "unix://", "tcp://host", "tcp://:1", "tcp://host:x", "http://h:1"]
)
def test_an_address_of_a_scanner_that_is_none_is_said(text):
    with pytest.raises(ImproperlyConfigured, match="CLAMD"):
        clamd_address(text)


def test_a_bucket_without_its_libraries_is_said(monkeypatch):
    monkeypatch.setattr(store_settings, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match="requirements-s3"):
        document_storage("s3://bucket")


def test_addresses_of_a_scanner_are_a_socket_or_a_port():
    assert clamd_address("") is None
    assert clamd_address("unix:///run/clamav/clamd.ctl") == Address(path="/run/clamav/clamd.ctl")
    assert clamd_address("tcp://127.0.0.1:3310") == Address(host="127.0.0.1", port=3310)
