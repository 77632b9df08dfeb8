"""A nested create as the framework's documentation writes it: serializers within serializers, a save per row."""

from __future__ import annotations

from django.db import transaction
from django.urls import path
from rest_framework import serializers
from rest_framework.generics import CreateAPIView

from plain_drf.models import Address, Applicant, Bank, Lead


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


class LeadSerializer(serializers.ModelSerializer):
    applicants = ApplicantSerializer(many=True)

    class Meta:
        model = Lead
        fields = "__all__"

    @transaction.atomic
    def create(self, validated_data):
        applicants = validated_data.pop("applicants")
        lead = Lead.objects.create(**validated_data)
        for applicant_data in applicants:
            addresses, banks = applicant_data.pop("addresses"), applicant_data.pop("banks")
            applicant = Applicant.objects.create(lead=lead, **applicant_data)
            for address in addresses:
                Address.objects.create(applicant=applicant, **address)
            for bank in banks:
                Bank.objects.create(applicant=applicant, **bank)
        return lead


class LeadCreate(CreateAPIView):
    queryset = Lead.objects.all()
    serializer_class = LeadSerializer


urlpatterns = [path("leads/", LeadCreate.as_view())]
