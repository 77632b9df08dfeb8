"""Every field of Brainysoft's create-lead page (https://docs.brainysoft.ru/documentation/page/453), and no others.

The page gives formats and hides the names; the names are those of the scenario pages beside it. Card fields are on the
page too: they are refused wherever they stand, before a table is asked.
"""

from __future__ import annotations

from crm_integrations.dialects.brainysoft.values import (
    NOT_KEPT,
    NOT_SETTABLE,
    Flat,
    Kept,
    Never,
    Short,
    Telephone,
    Texts,
    Whole,
    Word,
    days,
    flags,
    numbers,
    rows,
    table,
    texts,
    wholes,
    within,
)
from leadops.api.shapes import Shape
from leadops.validation import LongNumber

CHANNELS = ("ECOMM", "GENERATOR", "LOAN_APPLICATION", "PRESCORE", "SITE", "UNO_MOMENTO")
LONG_NUMBERS = {
    "mobilePhone": LongNumber.PHONE,
    "addressData.telephone": LongNumber.PHONE,
    "registrationAddressData.telephone": LongNumber.PHONE,
    "addresses.telephone": LongNumber.PHONE,
    "relatives.telephone": LongNumber.PHONE,
    "inn": LongNumber.TWELVE_DIGITS,
    "employerInn": LongNumber.TWELVE_DIGITS,
    "orderCode": LongNumber.TWELVE_DIGITS,
    "registrationNumber": LongNumber.REGISTRATION,
}
UNITS = ("DAYS", "MONTHS", "WEEKS", "YEARS")

FIAS_CHAIN = table(
    "FiasChain",
    {
        **texts("id name type"),
        "level": Whole(32),
        "parents": Kept(required=False, allow_null=True),
        **flags("settlement"),
    },
)


def _address(name: str, *, position: bool) -> type[Shape]:
    streets = (
        "apartmentNo blockNo buildingNo fiasChainText fiasId fullAddressText houseNo housingType localityName"
    )
    return table(
        name,
        {
            **texts(f"{streets} metroStation oldAddressText postalCode regionName streetName timeZone"),
            **wholes("countryId id"),
            **days("regDate"),
            "telephone": Telephone(required=False, allow_null=True),
            "attributes": Texts(required=False, allow_null=True),
            "fiasChain": within(FIAS_CHAIN),
            **({"position": Whole(8), **wholes("purposeId")} if position else {}),
        },
    )


ADDRESS_DATA = _address("AddressData", position=False)
FURTHER_ADDRESS = _address("FurtherAddress", position=True)
PASSPORT = table(
    "Passport",
    {
        **texts("seria no manager subdivisionCode"),
        **wholes("id complementaryDocTypeId"),
        **days("issueDate closeDate"),
        "extraNumber": Never("not_kept", NOT_KEPT),
    },
)
RELATIVE = table(
    "Relative",
    {
        **texts("lastName firstName patronymic email workPlace address comments"),
        **wholes("id collateralRelId"),
        **days("birthDate"),
        **flags("resident verified"),
        "telephone": Telephone(required=False, allow_null=True),
        "passport": Never("not_kept", NOT_KEPT),
        "rnn": Never("not_kept", NOT_KEPT),
    },
)
GOODS = table(
    "Goods",
    {**texts("name article description"), **wholes("id"), "quantity": Whole(32), **numbers("amount")},
)
EXTRA_FIELD = table("ExtraField", {**wholes("id"), "key": Short(255, required=True), **texts("value")})
LEAD = table(
    "Lead",
    {
        **texts("birthPlace email employerInn employerTitle inn ipAddress macAddress orderCode patronymic"),
        **texts("registrationNumber snils storeCode title"),
        **numbers("activeCreditsAmount activeDelinquencyAmount amount averageMonthlyCost meanIncome"),
        **numbers("monthlyCreditPayment"),
        **wholes(
            "activeCreditsCount adultChildrenCount childrenCount closedCreditsCount delinquencyCount", 32
        ),
        **wholes("dependentsCount payedDelinquencyCount period writtenDelinquencyCount", 32),
        **wholes("birthCountryId clientId creditProductId denialReasonId deviceTypeId gettingMoneyMethodId"),
        **wholes("howYouKnowId managerId sexId storeTypeId subdivisionId"),
        **flags("approvedByScorista ipAndRegAddressMatch ipAndRegionMatch mobilePhoneCheck naturalPerson"),
        **flags("rosfinmonitoringCheck ufmsCheck"),
        **days("birthDate"),
        "firstName": Short(50, required=True),
        "lastName": Short(50),
        "mobilePhone": Short(50, required=True),
        "referralLink": Short(255),
        "channel": Word(*CHANNELS),
        "periodUnit": Word(*UNITS),
        "id": Never("not_settable", NOT_SETTABLE),
        "addressData": within(ADDRESS_DATA),
        "registrationAddressData": within(ADDRESS_DATA),
        "passport": within(PASSPORT),
        "addresses": rows(FURTHER_ADDRESS()),
        "extraFields": rows(EXTRA_FIELD()),
        "goods": rows(GOODS()),
        "leadDebts": rows(Flat()),
        "relatives": rows(RELATIVE()),
    },
)()
