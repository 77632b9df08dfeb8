"""The field table of Brainysoft's create lead (https://docs.brainysoft.ru/documentation/page/453).

The page gives formats but hides the names; the names are those of the scenario pages beside it. A null is accepted
only where the vendor's own samples have one.
"""

from __future__ import annotations

from .fields import Checker, Table, boolean, day, list_of, matching, nullable, number, one_of, text, whole

CARD_FIELDS = frozenset({"cardCvc", "cardHolder", "cardNumber", "validThruMonth", "validThruYear"})

int32, int64 = whole(32), whole(64)
name = matching(r".{0,50}", "A string of at most 50 characters is required.")
link = matching(r".{0,255}", "A string of at most 255 characters is required.")
digits = matching(r"\d{1,50}", "Digits only, in international format (79886542301).")
string_map = Table({})


def _nothing(value: object) -> object:
    return ["The names of its fields are not published; only an empty list can be sent."]


def _fields(checker: Checker, names: str) -> dict[str, Checker]:
    return dict.fromkeys(names.split(), checker)


FIAS_CHAIN = Table(
    {**_fields(text, "id name type"), "level": int32, "parents": list_of(text), "settlement": boolean}
)
ADDRESS_FIELDS: dict[str, Checker] = {
    **_fields(
        text,
        "apartmentNo blockNo buildingNo fiasChainText fiasId fullAddressText houseNo housingType localityName"
        " metroStation oldAddressText postalCode regionName streetName timeZone",
    ),
    **_fields(int64, "countryId id"),
    # `attributes` is a string map whose keys are nowhere named: only an empty one can be sent.
    "attributes": string_map,
    "fiasChain": FIAS_CHAIN,
    "regDate": day,
    "telephone": digits,
}
ADDRESS = Table(ADDRESS_FIELDS)
FURTHER_ADDRESS = Table({**ADDRESS_FIELDS, "position": whole(8), "purposeId": int64})
PASSPORT = Table(
    {
        **_fields(text, "seria no manager subdivisionCode"),
        "id": nullable(int64),
        "extraNumber": nullable(text),
        "issueDate": day,
        "closeDate": nullable(day),
        "complementaryDocTypeId": nullable(int64),
    }
)
RELATIVE = Table(
    {
        **_fields(text, "lastName firstName patronymic rnn telephone email workPlace address comments"),
        "id": nullable(int64),
        "resident": nullable(boolean),
        "verified": boolean,
        "passport": nullable(PASSPORT),
        "birthDate": day,
        "collateralRelId": int64,
    }
)
GOODS = Table(
    {**_fields(text, "name article description"), "id": nullable(int64), "quantity": int32, "amount": number}
)
# Ids in extra fields are sent as strings too, in the vendor's examples.
EXTRA_FIELD = Table({"id": nullable(int64), "key": text, "value": text})
LEAD = Table(
    {
        **_fields(
            text,
            "birthPlace email employerInn employerTitle inn ipAddress macAddress orderCode patronymic"
            " registrationNumber snils storeCode title",
        ),
        **_fields(name, "firstName lastName"),
        **_fields(
            number,
            "activeCreditsAmount activeDelinquencyAmount amount averageMonthlyCost meanIncome"
            " monthlyCreditPayment",
        ),
        **_fields(
            int32,
            "activeCreditsCount adultChildrenCount childrenCount closedCreditsCount delinquencyCount"
            " dependentsCount payedDelinquencyCount period writtenDelinquencyCount",
        ),
        **_fields(
            int64,
            "birthCountryId clientId creditProductId denialReasonId deviceTypeId gettingMoneyMethodId"
            " howYouKnowId managerId sexId storeTypeId subdivisionId",
        ),
        **_fields(
            boolean,
            "approvedByScorista ipAndRegAddressMatch ipAndRegionMatch mobilePhoneCheck naturalPerson"
            " rosfinmonitoringCheck ufmsCheck",
        ),
        **_fields(ADDRESS, "addressData registrationAddressData"),
        "addresses": list_of(FURTHER_ADDRESS),
        "birthDate": day,
        "channel": one_of("ECOMM", "GENERATOR", "LOAN_APPLICATION", "PRESCORE", "SITE", "UNO_MOMENTO"),
        "extraFields": list_of(EXTRA_FIELD),
        "goods": list_of(GOODS),
        "id": nullable(int64),
        "leadDebts": list_of(_nothing),
        "mobilePhone": digits,
        "passport": PASSPORT,
        "periodUnit": one_of("DAYS", "MONTHS", "WEEKS", "YEARS"),
        "referralLink": link,
        "relatives": list_of(RELATIVE),
    }
)
SEARCH = Table(
    {
        "fields": list_of(text),
        "orderBy": one_of("id"),
        "orderDirection": one_of("ASC", "DESC"),
        "orderByFields": list_of(Table({"field": text, "direction": one_of("ASC", "DESC")})),
        "searchFields": list_of(Table({"field": text, "value": text}, required=("field", "value"))),
        "countFrom": int32,
        "countTo": int32,
    },
    required=("fields",),
)
