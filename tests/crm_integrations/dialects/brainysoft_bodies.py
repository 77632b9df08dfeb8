"""Leads as Brainysoft's page describes them: each of its fields, and what may stand there."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from leadops.validation.cards import names_card_data

INN, SNILS, FIAS = "500100732259", "112-233-445 95", "0c5b2444-70a0-4932-980c-b4dc0d3f02b5"
KNOWN, UNKNOWN = 101042, 555
"""A country id that the connection names, and one that it does not."""
words = st.from_regex(r"[A-Za-zА-я]{2,12}( [A-Za-zА-я]{2,12})?", fullmatch=True)
names = words.filter(lambda name: not names_card_data(name))
"""`xCvcP` asks for a card's check number, and is refused with it."""
# The vendor's have six to eight digits; from twelve on, one in ten would pass for Aadhaar or a card and be refused.
ids = st.integers(1, 10**11 - 1)
counts = st.integers(0, 99)
money = st.integers(0, 10**9).map(lambda paise: paise / 100)
flags = st.booleans()
past = st.dates(min_value=date(1950, 1, 1), max_value=date(2005, 1, 1)).map(str)
digits = st.integers(10**6, 10**10).map(str)


def of(strategy: Any, names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), strategy)


def some(fields: dict[str, Any]) -> Any:
    return st.fixed_dictionaries({}, optional=fields).filter(bool)


FIAS_CHAIN = {**of(words, "id name type"), "level": counts, "settlement": flags}
FIAS_CHAIN["parents"] = st.lists(words, min_size=1, max_size=2)
ADDRESS = {
    **of(
        words,
        "blockNo buildingNo fiasChainText housingType localityName metroStation oldAddressText regionName",
    ),
    **of(words, "streetName fullAddressText timeZone houseNo apartmentNo"),
    "attributes": st.dictionaries(names, words, min_size=1, max_size=2),
    "countryId": st.sampled_from([KNOWN, UNKNOWN]),
    "fiasChain": some(FIAS_CHAIN),
    "fiasId": st.just(FIAS),
    "id": ids,
    "postalCode": st.integers(100_000, 999_999).map(str),
    "regDate": past,
    "telephone": digits,
}
FURTHER = some({**ADDRESS, "position": st.integers(0, 9), "purposeId": ids})
PASSPORT = some(
    {
        **of(ids, "id complementaryDocTypeId"),
        **of(past, "issueDate"),
        **of(words, "manager"),
        "closeDate": st.dates(min_value=date(2030, 1, 1), max_value=date(2060, 1, 1)).map(str),
        "seria": st.just("4008"),
        "no": st.just("503682"),
        "subdivisionCode": st.just("451-451"),
    }
)
RELATIVE = some(
    {
        **of(words, "lastName firstName patronymic workPlace address comments"),
        "telephone": digits,
        "email": st.just("r@example.com"),
        "id": ids,
        "collateralRelId": st.just(102141),
        "birthDate": past,
        **of(flags, "resident verified"),
    }
)
GOODS = some({**of(words, "name article description"), "id": ids, "quantity": counts, "amount": money})
PAIRS = st.lists(
    st.fixed_dictionaries({"key": words, "value": words}, optional={"id": ids}),
    min_size=1,
    max_size=3,
    unique_by=lambda pair: pair["key"],
)
OPTIONAL: dict[str, Any] = {
    **of(money, "activeCreditsAmount activeDelinquencyAmount amount averageMonthlyCost meanIncome"),
    **of(money, "monthlyCreditPayment"),
    **of(counts, "activeCreditsCount adultChildrenCount childrenCount closedCreditsCount delinquencyCount"),
    **of(counts, "dependentsCount payedDelinquencyCount writtenDelinquencyCount"),
    **of(
        ids,
        "clientId creditProductId denialReasonId deviceTypeId gettingMoneyMethodId howYouKnowId managerId",
    ),
    **of(ids, "storeTypeId subdivisionId"),
    **of(words, "birthPlace employerTitle lastName patronymic storeCode title registrationNumber macAddress"),
    **of(
        flags,
        "approvedByScorista ipAndRegAddressMatch ipAndRegionMatch mobilePhoneCheck rosfinmonitoringCheck",
    ),
    **of(flags, "ufmsCheck naturalPerson"),
    "addressData": some(ADDRESS),
    "registrationAddressData": some(ADDRESS),
    "addresses": st.lists(FURTHER, min_size=1, max_size=2),
    "birthCountryId": st.sampled_from([KNOWN, UNKNOWN]),
    "birthDate": past,
    "channel": st.sampled_from(["ECOMM", "GENERATOR", "LOAN_APPLICATION", "PRESCORE", "SITE", "UNO_MOMENTO"]),
    "email": st.just("friedrich@example.com"),
    "employerInn": st.just("7707083893"),
    "extraFields": PAIRS,
    "goods": st.lists(GOODS, min_size=1, max_size=2),
    "inn": st.just(INN),
    "ipAddress": st.just("203.0.113.7"),
    "leadDebts": st.lists(st.dictionaries(names, words | money | flags, min_size=1), min_size=1, max_size=2),
    "passport": PASSPORT,
    "period": st.integers(1, 360),
    "periodUnit": st.sampled_from(["DAYS", "MONTHS", "WEEKS", "YEARS"]),
    "referralLink": st.just("https://example.com/?r=1"),
    "relatives": st.lists(RELATIVE, min_size=1, max_size=2),
    "sexId": st.sampled_from([101251, 101252, 101253]),
    "snils": st.just(SNILS),
}
REQUIRED = {
    "firstName": words,
    "mobilePhone": st.integers(0, 9_999_999).map(lambda tail: f"7988{tail:07}"),
}
LEADS = st.fixed_dictionaries(REQUIRED, optional=OPTIONAL)
WHOLE_LEADS = st.fixed_dictionaries(REQUIRED | OPTIONAL)
"""With every field of the page at once."""


def lost(given: Any, sent: Any, path: str = "") -> list[str]:
    """The paths of what was given and is not in what is sent; pairs are found by their keys, in any order."""
    if path == ".extraFields" and isinstance(sent, list):
        given, sent = ({each["key"]: each for each in pairs} for pairs in (given, sent))
    if isinstance(given, dict) and isinstance(sent, dict):
        return [each for name in given for each in lost(given[name], sent.get(name), f"{path}.{name}")]
    if isinstance(given, list) and isinstance(sent, list) and len(given) == len(sent):
        return [
            each
            for at, (g, s) in enumerate(zip(given, sent, strict=True))
            for each in lost(g, s, f"{path}[{at}]")
        ]
    return [] if given == sent else [f"{path}: {given!r} became {sent!r}"]
