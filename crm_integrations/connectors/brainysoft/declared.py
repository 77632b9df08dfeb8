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
EXTRA_FIELDS = (
    Setting("childrenCount", "Children", int),
    Setting("dependentsCount", "Dependents", int),
    Setting("creditProductId", "Credit product", int),
    Setting("gettingMoneyMethodId", "How the money is paid out", int),
    Setting("howYouKnowId", "How they heard of us", int),
    Setting("managerId", "Manager", int),
    Setting("subdivisionId", "Subdivision", int),
    Setting("employerInn", "Employer's INN"),
    Setting("registrationNumber", "OGRN of a legal entity"),
    Setting("ipAddress", "IP address"),
    Setting("mobilePhoneCheck", "Phone is verified", bool),
    Setting("extraFields", "Extra fields", dict, {}, help="Key (client.maritalStatus.id) to value."),
)
NOT_CARRIED = (
    "program_id",
    "program_code",
    "partner_ref_id",
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
