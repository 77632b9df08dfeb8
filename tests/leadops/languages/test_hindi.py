"""The back office in Hindi: who chooses it, what is said in it, and that what is served is what is written."""

from __future__ import annotations

import gettext
import json
import re
from ast import literal_eval
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from crm_integrations.models import Connection, State
from leadops.admin import help as help_pages
from leadops.admin import navigation, rights_in_words
from leadops.models import Lead, Officer
from leadops.reports import catalogue
from leadops.sign_in import lockouts
from tests import people

HINDI = Path(settings.LOCALE_PATHS[0]) / "hi" / "LC_MESSAGES"
ENGLISH = HINDI.parents[1] / "en_GB" / "LC_MESSAGES"
DEVANAGARI = re.compile("[\u0900-\u097f]")
AS_THEY_ARE = {"API", "Excel", "PAN", "IFSC", "GSTIN"}
MODELS = [
    "lead", "applicant", "address", "bank", "document", "consent", "loanaccount", "program", "branch"
]  # fmt: skip


@pytest.fixture
def hindi_desk(desk: Client, officer: Officer) -> Client:
    officer.language = "hi"
    officer.save()
    return desk


def text_of(page: str) -> str:
    """What is read on a page."""
    without = re.sub(r"<(script|style|template)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", without)))


def written(folder: Path = HINDI) -> dict[tuple[str | None, str, int], str]:
    """The catalogue as it is written, read without gettext's tools: by context, text and form."""
    found: dict[tuple[str | None, str, int], str] = {}
    entry: dict[str, str] = {}
    name = ""
    for line in [*(folder / "django.po").read_text(encoding="utf-8").splitlines(), ""]:
        head = re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line)
        if head:
            name = head[1]
            entry[name] = literal_eval(head[2])
        elif line.startswith('"'):
            entry[name] += literal_eval(line)
        elif entry and not line.strip():
            for form, text in entry.items():
                if form.startswith("msgstr"):
                    number = int(form[7]) if "[" in form else 0
                    found[entry.get("msgctxt"), entry["msgid"], number] = text
            entry = {}
    return found


@pytest.mark.parametrize("folder", [HINDI, ENGLISH])
def test_the_catalogue_that_is_served_is_the_one_that_is_written(folder):
    """After a change of django.po: manage.py compilemessages --locale hi --locale en_GB."""
    with (folder / "django.mo").open("rb") as file:
        served = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    plurals, wanted = _plurals(), {}
    for (context, text, number), said in written(folder).items():
        key = f"{context}\x04{text}" if context else text
        wanted[(key, number) if text in plurals else key] = said
    assert served == wanted


def _plurals() -> dict[str, str]:
    """The texts that count something, by how they are said of one."""
    text = (HINDI / "django.po").read_text(encoding="utf-8")
    pairs = re.findall(r'msgid (".*")\nmsgid_plural (".*")', text)
    return {literal_eval(one): literal_eval(many) for one, many in pairs}


def test_every_entry_is_in_hindi_and_keeps_its_places():
    places = re.compile(r"%\(\w+\)[sd]|%s|\{\w+\}")
    plurals = _plurals()
    for (_context, text, number), said in written().items():
        if not text:
            continue
        if text not in AS_THEY_ARE:
            assert DEVANAGARI.search(said), text
        meant = plurals.get(text, text) if number else text
        assert sorted(places.findall(meant)) == sorted(places.findall(said)), text


def test_every_entry_of_the_menu_is_in_hindi():
    said = [title for title, _pages in navigation.PAGES]
    said += [page[0] for _title, pages in navigation.PAGES for page in pages]
    said += [title for title, _icon in help_pages.PAGES.values()] + ["Overview", "Help"]
    with translation.override("hi"):
        assert [each for each in said if not DEVANAGARI.search(translation.gettext(each))] == []


def test_names_fields_and_choices_of_what_officers_work_with_are_in_hindi():
    missing = set()
    with translation.override("hi"):
        for config in ("leadops", "crm_integrations"):
            for model in apps.get_app_config(config).get_models():
                if model._meta.model_name not in MODELS:
                    continue
                shown = [
                    field for field in model._meta.local_fields if field.editable and field.name != "extra"
                ]
                words = [model._meta.verbose_name, *(field.verbose_name for field in shown)]
                words += [label for field in shown for _value, label in field.flatchoices or ()]
                missing |= {str(word) for word in words if word and not DEVANAGARI.search(str(word))}
    assert missing - AS_THEY_ARE - {"IFSC", "ID"} == set()


def test_every_state_of_a_delivery_is_in_hindi():
    with translation.override("hi"):
        assert [state for state in State if not DEVANAGARI.search(str(state.label))] == []


def test_the_state_of_an_address_is_none_of_a_delivery():
    with translation.override("hi"):
        words = [
            str(apps.get_model(label)._meta.get_field("state").verbose_name)
            for label in ("leadops.Address", "crm_integrations.Delivery")
        ]
    assert words == ["राज्य", "स्थिति"]


def test_labels_are_english_where_nobody_chose(db):
    assert Lead.Status.DRAFT.label == "Draft"
    assert str(Lead._meta.verbose_name) == "lead"


PAGES = {
    "index": ["मुख्य पृष्ठ", "लीड"],
    "leadops_lead_changelist": ["स्थिति", "आवेदक", "फ़िल्टर", "खोजें"],
    "leadops_lead_add": ["ऋण राशि", "मुख्य मोबाइल", "सहेजें"],
    "leadops_task_changelist": ["मेरे कार्य", "करने को कुछ नहीं है"],
    "leadops_pendingchange_changelist": ["अनुमोदन", "किसकी बारी"],
    "leadops_bulkaction_changelist": ["सामूहिक काम", "इन लीड पर काम करें…"],
    "leadops_reveal_changelist": ["पूरा डेटा किसने देखा"],
    "leadops_importbatch_add": ["टेम्पलेट", "अपलोड करें"],
    "leadops_importbatch_changelist": ["आयात जोड़ें", "आयात के लिए तैयार"],
    "crm_integrations_delivery_changelist": ["डिलीवरी"],
    "crm_integrations_delivery_failures": ["एक जैसी विफलताएँ"],
    "crm_integrations_delivery_decisions": ["आपका निर्णय चाहिए"],
    "leadops_assignmentrule_changelist": ["बारी-बारी"],
    "leadops_slarule_changelist": ["कोई घड़ी नहीं"],
    "leadops_absence_changelist": ["कोई छुट्टी पर नहीं"],
    "reports": ["लगने वाला समय", "रूपांतरण", "ई-मेल से"],
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_officers_use_daily_is_in_hindi(name, hindi_desk, partner, program):
    people.leads_of(partner, program)
    answer = hindi_desk.get(reverse(f"admin:{name}"))
    page = answer.content.decode()
    assert '<html lang="hi"' in page
    said = text_of(page)
    assert [words for words in PAGES[name] if words not in said] == []
    menu = [each[0] for _title, pages in navigation.PAGES for each in pages]
    sidebar = text_of(page[page.index('id="nav-sidebar') : page.index("account-button")])
    assert [entry for entry in menu if re.search(rf"\b{entry}\b", sidebar)] == []


def test_the_page_of_a_lead_is_in_hindi(hindi_desk, partner, program):
    people.leads_of(partner, program, 1)
    answer = hindi_desk.get(reverse("admin:leadops_lead_change", args=[Lead.objects.get().pk]))
    said = text_of(answer.content.decode())
    titles = ["आवेदक", "मुख्य आवेदक", "कार्य", "नोट", "घटनाक्रम", "गोपनीयता", "मासिक आय", "अब किसकी बारी है"]
    assert [words for words in titles if words not in said] == []
    assert re.findall(r"\b(?:Work|Tasks|Notes|Timeline|Privacy|Applicants|Owner|minutes)\b", said) == []


RECORDS = {
    "crm_integrations_connection": ["चालू", "एक साथ कॉल", "सभी सूचनाएँ", "HTTP कॉल"],
    "leadops_partner": ["पिछले 30 दिनों के लीड", "पहले उत्तर तक", "कोई कुंजी नहीं"],
    "leadops_program": ["किससे पहचाना जाए", "बैंक खाता, IFSC के साथ", "जो दस्तावेज़ चाहिए"],
    "leadops_officer": ["साइन इन", "लीड जमा कर सकते हैं", "इस अधिकारी के अपने अधिकार"],
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_page_of_setting_up_is_in_hindi(name, hindi_desk, officer, partner, program):
    isp = Connection.objects.create(vendor="ispcrm", name="isp", base_url="https://isp.example")
    shown = {"crm_integrations_connection": isp, "leadops_partner": partner, "leadops_program": program}
    record = shown.get(name, officer)
    said = text_of(hindi_desk.get(reverse(f"admin:{name}_change", args=[record.pk])).content.decode())
    assert [words for words in RECORDS[name] if words not in said] == []


def test_a_reconciliation_is_asked_for_in_hindi(hindi_desk):
    said = text_of(hindi_desk.get(reverse("admin:crm_integrations_reconciliation_add")).content.decode())
    assert [words for words in ("पहला दिन", "आख़िरी दिन", "न कुछ बदला जाता है") if words not in said] == []


def test_who_is_locked_out_is_told_in_hindi_how_long():
    with translation.override("hi"):
        assert lockouts.in_words(timezone.now() + timedelta(minutes=3)) == "3 मिनट"


def test_a_partner_s_key_is_told_in_hindi(hindi_desk, partner, key):
    page = hindi_desk.get(reverse("admin:leadops_partner_change", args=[partner.pk])).content.decode()
    assert {"कहीं से भी", "पार्टनर की अपनी सीमा", "कभी नहीं"} <= set(re.findall(r">([^<>]+)<", page))
    assert re.search(r'aria-label="[^"]+ वापस लें"', page)


def test_every_right_is_said_in_hindi(db):
    with translation.override("hi"):
        said = {right.codename: rights_in_words.in_words(right) for right in Permission.objects.all()}
    assert [name for name, words in said.items() if not DEVANAGARI.search(words.rpartition("|")[2])] == []
    assert said["submit_lead"].endswith("| लीड जमा कर सकते हैं; जो नहीं कर सकते वे सिर्फ़ ड्राफ़्ट बदलते हैं")


def test_a_right_is_called_in_english_as_the_database_calls_it(db):
    right = Permission.objects.get(codename="change_lead")
    assert rights_in_words.in_words(right) == str(right)


TYPED = {"en-gb": "Enter a valid date, as 21/11/2026 or 2026-11-21.", "hi": "21/11/2026 या 2026-11-21"}


@pytest.mark.parametrize("language", TYPED)
def test_a_day_that_is_none_is_answered_with_how_days_are_written(language):
    with translation.override(language):
        for field in (forms.DateField(), forms.DateTimeField(), forms.SplitDateTimeField()):
            with pytest.raises(ValidationError) as refusal:
                field.clean(["soon", "soon"] if isinstance(field, forms.SplitDateTimeField) else "soon")
            words = " ".join(refusal.value.messages)
            assert "21/11/2026" in words
            assert "2026-11-21" in words
        with pytest.raises(ValidationError) as refusal:
            forms.DateField().clean("31/02/2026")
        assert TYPED[language] in refusal.value.messages[0]


@pytest.mark.parametrize("language", TYPED)
def test_what_the_words_say_is_taken_and_a_day_is_the_same_in_both_languages(language):
    with translation.override(language):
        days = [forms.DateField().clean(each) for each in ("03/04/2026", "2026-04-03")]
        moments = [forms.DateTimeField().clean(each) for each in ("03/04/2026 14:05", "2026-04-03 14:05")]
    assert days == [date(2026, 4, 3)] * 2
    assert {each.date() for each in moments} == {date(2026, 4, 3)}


@pytest.mark.parametrize("slug", ["turnaround", "conversion", "ageing", "refusals"])
def test_a_report_is_in_hindi(slug, hindi_desk, partner, program):
    people.leads_of(partner, program, 2)
    said = text_of(hindi_desk.get(reverse("admin:report", args=[slug])).content.decode())
    with translation.override("hi"):
        assert str(catalogue.REPORTS[slug].title) in said
    assert "दिखाएँ" in said
    assert "मुझे ई-मेल करें" in said


def test_the_choice_is_kept_with_the_officer_and_leads_back_to_the_page(desk, officer):
    answer = desk.post(reverse("admin:language"), {"language": "hi", "next": "/admin/reports/"})
    assert answer["Location"] == "/admin/reports/"
    officer.refresh_from_db()
    assert officer.language == "hi"
    elsewhere = Client()
    elsewhere.force_login(officer)
    assert '<html lang="hi"' in elsewhere.get(reverse("admin:index")).content.decode()


def test_a_stranger_s_choice_is_kept_for_the_page_they_sign_in_on(client, db):
    client.post(reverse("admin:language"), {"language": "hi"})
    assert '<html lang="hi"' in client.get(reverse("admin:login")).content.decode()


@pytest.mark.parametrize("language", ["", "fr", "hi\r\nX: y"])
def test_a_language_that_is_none_of_ours_changes_nothing(language, desk, officer):
    answer = desk.post(reverse("admin:language"), {"language": language})
    officer.refresh_from_db()
    assert officer.language == ""
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies


@pytest.mark.parametrize(
    "way", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "reports"]
)
def test_the_switch_leads_to_no_other_site(way, desk):
    answer = desk.post(reverse("admin:language"), {"language": "hi", "next": way})
    assert answer["Location"] == reverse("admin:index")


def test_the_switch_is_no_link_that_another_site_can_set(desk):
    assert desk.get(reverse("admin:language"), {"language": "hi"}).status_code == 405


def test_a_browser_s_own_wish_counts_until_somebody_chose(desk, officer):
    asking = {"HTTP_ACCEPT_LANGUAGE": "hi-IN,hi;q=0.9"}
    assert '<html lang="hi"' in desk.get(reverse("admin:index"), **asking).content.decode()
    Officer.objects.filter(pk=officer.pk).update(language="en-gb")
    assert '<html lang="en-gb"' in desk.get(reverse("admin:index"), **asking).content.decode()


def test_partners_programs_are_answered_in_english_whatever_their_header_says(client, key):
    asking = {"HTTP_AUTHORIZATION": f"Bearer {key}", "HTTP_ACCEPT_LANGUAGE": "hi"}
    answer = client.post("/v1/crm/leads/", "{}", content_type="application/json", **asking)
    assert answer.status_code >= 400
    assert not DEVANAGARI.search(json.dumps(answer.json(), ensure_ascii=False))


def test_what_an_empty_list_says_is_in_hindi():
    with translation.override("hi"):
        said = {each: str(getattr(one, "when_empty", "")) for each, one in admin.site._registry.items()}
    assert [each.__name__ for each, words in said.items() if not DEVANAGARI.search(words)] == []
