"""Synthetic leads are valid, varied and always the same."""

from __future__ import annotations

from leadops import synthetic
from leadops.reference import ifsc, pincodes
from leadops.validation import check_lead


def test_one_seed_always_gives_the_same_people():
    assert synthetic.drafts(50) == synthetic.drafts(50)
    assert synthetic.drafts(50, seed=2) != synthetic.drafts(50)


def test_more_leads_begin_with_the_same_ones():
    assert synthetic.drafts(60)[:20] == synthetic.drafts(20)


def test_mobiles_and_references_differ_within_and_between_seeds():
    leads = synthetic.drafts(2000) + synthetic.drafts(2000, seed=2)
    assert len({lead.primary_mobile for lead in leads}) == 4000
    assert len({lead.partner_ref_id for lead in leads}) == 4000


def test_nothing_is_found_wrong_with_them():
    findings = {finding.code for lead in synthetic.drafts(500) for finding in check_lead(lead)}
    assert findings == set()


def test_places_and_branches_exist():
    applicants = [lead.applicants[0] for lead in synthetic.drafts(500)]
    assert all(ifsc.is_known_branch(each.banks[0].ifsc) for each in applicants)
    assert all(pincodes.areas(address.pincode) for each in applicants for address in each.addresses)


def test_they_carry_what_every_vendor_asks_for():
    for lead in synthetic.drafts(200):
        [applicant] = lead.applicants
        assert applicant.is_primary
        assert applicant.first_name
        assert applicant.last_name
        assert applicant.name.startswith(applicant.first_name)
        assert applicant.primary_email.endswith("@example.com")
        assert applicant.pan_no[3] == "P"
        assert [address.tags for address in applicant.addresses] == [["current"], ["permanent"]]


def test_most_but_not_all_have_a_passport():
    passports = [lead.applicants[0].identity_document.type for lead in synthetic.drafts(200)]
    assert 120 < passports.count("passport") < 200
