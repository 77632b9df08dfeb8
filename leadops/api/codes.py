"""Codes and words of errors in a request's form; those about its content are in `leadops.validation.codes`."""

from __future__ import annotations

CODES = {
    "unknown_field": "There is no such field here; remove it or correct its name.",
    "required": "This field is missing.",
    "not_an_object": "This must be an object.",
    "not_a_list": "This must be a list.",
    "too_many": "This list is too long; it takes at most {most}.",
    "not_a_text": "This must be text, in quotation marks.",
    "not_yes_or_no": "This must be true or false.",
    "not_a_number": "This must be a number, or a number as text.",
    "not_a_moment": "This must be a moment: 2026-03-12T09:30:00+05:30, or seconds since 1970.",
    "invalid_id": "This must be an id, such as 4b67c764-afb3-4570-ac21-025ea3255b6e.",
    "alias_contradicts": "primary_mobile and mobile are two names of one field; send one of them.",
    "unknown_program": "There is no active program with this id.",
    "unknown_lead": "There is no lead of yours with this id.",
    "unknown_service": "This lead is not connected with a service of this name.",
    "takes_no_leads": "This service takes loan accounts and no leads; POST /v1/los/accounts/ opens one.",
    "unknown_applicant": "There is no applicant of yours with this id.",
    "unknown_filter": "There is no such filter.",
    "invalid_filter": "{words}",
    "too_many_leads": "These filters find more than {most} leads; ask for fewer at a time, by days for instance.",
    "no_file": "Send the file as the part named file.",
    "unreadable_file": "{words}",
    "unknown_owner": "There is no such record of yours with this id.",
    "unknown_choice": "This must be one of: {known}.",
    "invalid_cursor": "Send the next_cursor of an answer, unchanged.",
    "invalid_idempotency_key": "This header has 1 to 255 characters.",
    "expired_cursor": "You have no such event any more: they are kept for {days} days. Begin without a cursor.",
    "wrong_address": "{words}",
    "out_of_range": "This must be a whole number from 1 to {largest}.",
}
