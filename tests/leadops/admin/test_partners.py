"""API keys on a partner's page."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from leadops import dialects
from leadops.models import ApiKey
from leadops.models.partner import DIALECT_WITHOUT_PROGRAM

KEY = {"label": "branch system", "scopes": ["lead:read", "lead:write"], "expires_at": ""}


def make(desk, partner, **changes):
    return desk.post(reverse("admin:leadops_partner_make_key", args=[partner.pk]), KEY | changes)


def test_new_key_is_shown_once_and_not_kept_by_any_cache(desk, partner):
    answer = make(desk, partner)
    text = answer.context["key"]
    assert text.startswith("lo_live_")
    assert text in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert ApiKey.objects.live().get(digest=ApiKey.digest_of(text)).scopes == ["lead:read", "lead:write"]
    assert text not in desk.get(reverse("admin:leadops_partner_change", args=[partner.pk])).content.decode()


def test_third_live_key_is_refused_in_words(desk, partner):
    make(desk, partner)
    make(desk, partner)
    answer = make(desk, partner)
    assert not answer.context["key"]
    assert "at most 2 live keys" in answer.content.decode()


def test_unknown_scope_is_refused(desk, partner):
    assert not make(desk, partner, scopes=["everything"]).context["key"]
    assert not make(desk, partner, scopes=["document:write"]).context["key"]
    assert not ApiKey.objects.exists()


def test_revoked_key_is_refused_from_now_on(desk, partner):
    key, _ = ApiKey.issue(partner)
    desk.post(reverse("admin:leadops_partner_revoke_key", args=[partner.pk, key.pk]))
    assert not ApiKey.objects.live().exists()
    assert "Revoked" in desk.get(reverse("admin:leadops_partner_change", args=[partner.pk])).content.decode()


def test_key_of_one_partner_is_not_revoked_through_another(desk, partner, other_partner):
    key, _ = ApiKey.issue(partner)
    answer = desk.post(reverse("admin:leadops_partner_revoke_key", args=[other_partner.pk, key.pk]))
    assert answer.status_code == 404
    assert ApiKey.objects.live().exists()


def test_a_key_for_a_dialect_is_shown_with_where_it_goes(desk, partner, program):
    answer = make(desk, partner, dialect="brainysoft", program=program.pk)
    key = ApiKey.objects.get(digest=ApiKey.digest_of(answer.context["key"]))
    assert (key.dialect, key.program) == ("brainysoft", program)
    shown = answer.content.decode()
    assert f"{partner.code} as customer-key and userName" in shown
    assert f'href="{reverse("admin:help", args=["dialects.md"])}"' in shown
    page = desk.get(reverse("admin:leadops_partner_change", args=[partner.pk])).content.decode()
    assert f"Brainysoft, into {program}" in page


def test_a_key_of_our_own_api_says_nothing_of_dialects(desk, partner):
    answer = make(desk, partner)
    assert (
        "dialects.md" not in answer.content.decode().partition('id="new-key"')[2].partition("</section>")[0]
    )


@pytest.mark.parametrize("missing", ["dialect", "program"])
def test_a_dialect_and_its_program_come_together(desk, partner, program, missing):
    given = {"dialect": "ispcrm", "program": str(program.pk)} | {missing: ""}
    answer = make(desk, partner, **given)
    assert not answer.context["key"]
    assert answer.context["form"].errors == {missing: [DIALECT_WITHOUT_PROGRAM]}
    ApiKey.issue(partner)
    alone = {"program": program} if missing == "dialect" else {"dialect": "ispcrm"}
    with pytest.raises(IntegrityError, match="dialect_with_its_program"), transaction.atomic():
        ApiKey.objects.update(**alone)


def test_no_key_is_made_for_an_unknown_dialect_or_a_program_that_takes_no_leads(desk, partner, program):
    assert not make(desk, partner, dialect="crego_crm", program=program.pk).context["key"]
    program.active = False
    program.save()
    answer = make(desk, partner, dialect="ispcrm", program=program.pk)
    assert list(answer.context["form"].errors) == ["program"]
    assert not ApiKey.objects.exists()


def test_every_dialect_says_where_its_key_goes(partner):
    told = {slug: dialects.how_to_sign_in(slug, partner.code) for slug, _ in dialects.choices()}
    assert sorted(told) == ["brainysoft", "broctagon", "ispcrm"]
    assert all(words.endswith(".") and "{" not in words for words in told.values())
    assert dialects.how_to_sign_in("", partner.code) == ""
