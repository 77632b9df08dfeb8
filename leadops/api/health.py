"""Whether the service can work: for load balancers and monitors."""

from __future__ import annotations

from typing import Any

from django.db import connection
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadops.api.schema import OPEN, answers


class Health(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="ok")


class HealthView(APIView):
    """Asks the database one question; without an answer it is 503, as for every other address."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="health", summary="Is the service up?", tags=["Health"], auth=[],
        responses=answers(OPEN, {200: Health}),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return Response({"status": "ok"})
