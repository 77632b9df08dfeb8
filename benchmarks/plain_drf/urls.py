"""A nested create and list as the framework's documentation writes it: nested serializers, a save per row."""

from __future__ import annotations

from django.db import transaction
from django.urls import path
from rest_framework import serializers
from rest_framework.generics import ListCreateAPIView
from rest_framework.pagination import PageNumberPagination

from plain_drf.models import Address, Applicant, Bank, Consent, Lead


class AddressSerializer(serializers.ModelSerializer):
    class Meta:
        model = Address
        exclude = ["applicant"]


class BankSerializer(serializers.ModelSerializer):
    class Meta:
        model = Bank
        exclude = ["applicant"]


class ApplicantSerializer(serializers.ModelSerializer):
    addresses = AddressSerializer(many=True)
    banks = BankSerializer(many=True)

    class Meta:
        model = Applicant
        exclude = ["lead"]


class ConsentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Consent
        exclude = ["lead"]


class LeadSerializer(serializers.ModelSerializer):
    applicants = ApplicantSerializer(many=True)
    consents = ConsentSerializer(many=True, required=False)

    class Meta:
        model = Lead
        fields = "__all__"

    @transaction.atomic
    def create(self, validated_data):
        applicants, consents = validated_data.pop("applicants"), validated_data.pop("consents", [])
        lead = Lead.objects.create(**validated_data)
        for consent in consents:
            Consent.objects.create(lead=lead, **consent)
        for applicant_data in applicants:
            addresses, banks = applicant_data.pop("addresses"), applicant_data.pop("banks")
            applicant = Applicant.objects.create(lead=lead, **applicant_data)
            for address in addresses:
                Address.objects.create(applicant=applicant, **address)
            for bank in banks:
                Bank.objects.create(applicant=applicant, **bank)
        return lead


class Pages(PageNumberPagination):
    page_size = 50


class Leads(ListCreateAPIView):
    queryset = Lead.objects.prefetch_related(
        "applicants__addresses", "applicants__banks", "consents"
    ).order_by("pk")
    serializer_class = LeadSerializer
    pagination_class = Pages


urlpatterns = [path("leads/", Leads.as_view())]
