"""What a Brainysoft connection declares: settings, credentials, extra fields, what is left out, what words mean."""

from __future__ import annotations

from collections.abc import Mapping

from crm_integrations.connector import Meaning, Secret, Setting

CHANNELS = ("GENERATOR", "SITE", "ECOMM", "UNO_MOMENTO", "PRESCORE", "LOAN_APPLICATION")
SETTINGS = (
    Setting("auth_mode", "Authentication", str, "oauth", ("oauth", "login", "static")),
    Setting("auth_url", "Authorisation service", help="For oauth; empty: the base URL."),
    Setting("customer_key", "Customer key", help="For login."),
    Setting("user_name", "User name", help="For login."),
    Setting("path_prefix", "Path prefix", str, "/bs-core"),
    Setting("channel", "Channel", str, "GENERATOR", CHANNELS),
    Setting("country_ids", "Country ids", dict, {}, help="ISO country (RU) to the id in their directory."),
    Setting("subdivision_id", "Subdivision", int, None),
    Setting("manager_id", "Manager", int, None, help="Decides the legal entity."),
    Setting("credit_product_id", "Credit product", int, None),
    Setting("getting_money_method_id", "How the money is paid out", int, None),
    Setting("store_code", "Store code", help="Empty: the partner's code."),
    Setting(
        "also_required",
        "Also required",
        help="Fields the tenant's model editor requires: last_name, identity_document.series.",
    ),
    Setting(
        "list_by",
        "Listed by",
        str,
        "creationDate",
        help="Field of the search that holds the day of creation.",
    ),
    Setting(
        "meanings",
        "Meanings",
        dict,
        {},
        help="Their status to ours, where the tenant's differ: 101543 to active.",
    ),
)
SECRETS = (
    Secret("client_id", "Client id", "For oauth.", in_header=False),
    Secret("client_secret", "Client secret", "For oauth.", in_header=False),
    Secret("password", "Password", "For login.", in_header=False),
    Secret("token", "Service token", "For static."),
)
ADDRESS_PARTS = (
    *(
        "apartmentNo",
        "attributes",
        "blockNo",
        "buildingNo",
        "countryId",
        "fiasChain",
        "fiasChainText",
        "fiasId",
    ),
    *("fullAddressText", "houseNo", "housingType", "id", "localityName", "metroStation", "oldAddressText"),
    *("postalCode", "regDate", "regionName", "streetName", "telephone", "timeZone"),
)
PASSPORT_PARTS = ("complementaryDocTypeId", "id")  # its number has a sealed field of ours
EXTRA_FIELDS = (
    Setting("activeCreditsAmount", "Current debt", float),
    Setting("activeCreditsCount", "Active loans", int),
    Setting("activeDelinquencyAmount", "Overdue now", float),
    Setting("addressData", "More of the residence", dict, {}, ADDRESS_PARTS),
    Setting("addresses", "Further addresses", list),
    Setting("adultChildrenCount", "Adult children", int),
    Setting("approvedByScorista", "Scorista approved", bool),
    Setting("birthCountryId", "Citizenship, where country_ids does not have it", int),
    Setting("childrenCount", "Children", int),
    Setting("clientId", "Client", int),
    Setting("closedCreditsCount", "Closed loans", int),
    Setting("creditProductId", "Credit product", int),
    Setting("delinquencyCount", "Past arrears", int),
    Setting("denialReasonId", "Reason of refusal", int),
    Setting("dependentsCount", "Dependents", int),
    Setting("deviceTypeId", "Kind of device", int),
    Setting("employerInn", "Employer's INN"),
    Setting("extraFieldIds", "Ids of extra fields", dict, {}, help="Key to id."),
    Setting("extraFields", "Extra fields", dict, {}, help="Key (client.maritalStatus.id) to value."),
    Setting("gettingMoneyMethodId", "How the money is paid out", int),
    Setting("goods", "Goods", list),
    Setting("howYouKnowId", "How they heard of us", int),
    Setting("ipAddress", "IP address"),
    Setting("ipAndRegAddressMatch", "IP address lies in the registered region", bool),
    Setting("ipAndRegionMatch", "IP address lies in the region of residence", bool),
    Setting("leadDebts", "Current loans", list),
    Setting("macAddress", "MAC address"),
    Setting("managerId", "Manager", int),
    Setting("mobilePhoneCheck", "Phone is verified", bool),
    Setting("monthlyCreditPayment", "Monthly payments on loans", float),
    Setting("passport", "More of the passport", dict, {}, PASSPORT_PARTS),
    Setting("payedDelinquencyCount", "Arrears that were paid", int),
    Setting("period", "Term, where it has no unit", int),
    Setting("periodUnit", "Unit, where there is no term"),
    Setting("referralLink", "Referral link"),
    Setting("registrationAddressData", "More of the registered address", dict, {}, ADDRESS_PARTS),
    Setting("registrationNumber", "OGRN of a legal entity"),
    Setting("relatives", "Relatives", list),
    Setting("rosfinmonitoringCheck", "Rosfinmonitoring was asked", bool),
    Setting("sexId", "Another sex than the two", int),
    Setting("storeCode", "Store code"),
    Setting("storeTypeId", "Kind of store", int),
    Setting("subdivisionId", "Subdivision", int),
    Setting("title", "Organisation of a person"),
    Setting("ufmsCheck", "Passport was checked", bool),
    Setting("writtenDelinquencyCount", "Arrears that were written off", int),
)
NOT_CARRIED = (
    "program_id",
    "program_code",
    "source",
    "loan_purpose",
    "remarks",
    "tags",
    "co_applicants",
    "other_addresses",
    "applicants[].is_authorized_signatory",
    "applicants[].business_type",
    "applicants[].tags",
    "applicants[].father_name",
    "applicants[].pan_no",
    "applicants[].primary_mobile",
    "applicants[].gstin",
    "applicants[].banks",
)
MEANINGS: Mapping[str, Meaning] = {
    # A lead's currentStatus: pages 465 and 530. Whether the list is complete is unknown.
    "WAITING": Meaning.NEW,
    "CHECK": Meaning.IN_REVIEW,
    "APPROVED": Meaning.APPROVED,
    "DENIED": Meaning.REFUSED,
    "TECH_FAULT": Meaning.FAULT,
    # An application's currentStatusId: page 1032 and public client code. Where a tenant's differ, `meanings` says so.
    "101541": Meaning.NEW,
    "101542": Meaning.REFUSED,
    "101543": Meaning.ACTIVE,  # issued
    "101544": Meaning.APPROVED,  # ready to issue
    "101545": Meaning.IN_REVIEW,  # waits for its review
    "101546": Meaning.IN_REVIEW,
    "101547": Meaning.IN_REVIEW,  # the automatic check
    "101548": Meaning.STOPPED,  # declined by the client
}
