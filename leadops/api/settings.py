"""Settings of the served API, for Django REST framework and the schema that drf-spectacular makes of it."""

from __future__ import annotations

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["leadops.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [
        "leadops.api.authentication.HasScope",
        "leadops.api.filters.TakesTheQuery",
    ],
    "DEFAULT_RENDERER_CLASSES": ["leadops.api.renderers.QuickJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["leadops.api.parsers.CappedJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["leadops.api.filters.StrictFilters"],
    "DEFAULT_PAGINATION_CLASS": "leadops.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "leadops.api.schema.Schema",
    "EXCEPTION_HANDLER": "leadops.api.problems.handle",
    "DEFAULT_METADATA_CLASS": None,
    "ALLOWED_VERSIONS": ["1"],  # whatever else /v1/schema/?version= says would stand in a header
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "leadops partner API",
    "DESCRIPTION": "Post leads, open loan accounts and read what became of them.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["leadops.api.authentication.ReadsTheSchema"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "LeadStatus": "leadops.models.Lead.Status",
        "ImportState": "leadops.models.ImportState",
        "SyncStatus": "leadops.models.Lead.SyncStatus",
        "DeliveryState": "crm_integrations.models.State",
        "SubscriptionState": "crm_integrations.event_shapes.STATES",
        "ProblemType": "leadops.api.schema.PROBLEM_TYPES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "leadops.api.schema.close_requests",
    ],
}
