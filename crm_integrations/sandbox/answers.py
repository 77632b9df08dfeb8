"""What the vendor says, and stores, under a fault: before its handler, or instead of its answer."""

from __future__ import annotations

from .faults import Fault
from .messages import Answer, Refused, Request
from .vendor import Route, Vendor

WEB_PAGE = "<!doctype html><title>Welcome</title><h1>Please sign in to the network</h1>"
ELSEWHERE = "/__sandbox__/elsewhere"


def answer_to(vendor: Vendor, route: Route, request: Request, fault: Fault | None) -> Answer | None:
    """The vendor's answer, or None when the connection is cut before the vendor has done anything."""
    if fault is not None and fault.name in ("cut_before", "down"):
        return None
    if fault is not None:
        instead = _instead_of_handling(vendor, fault)
        if instead is not None:
            return instead
    try:
        answer = route.handler(request)
    except Refused as refused:
        answer = refused.answer
    if fault is not None and fault.name == "500_after":
        failed = _failed(vendor, fault)
        failed.created = answer.created
        return failed
    return answer


def _instead_of_handling(vendor: Vendor, fault: Fault) -> Answer | None:
    match fault.name:
        case "429":
            return _later(vendor, 429, fault.seconds(1))
        case "503":
            return _later(vendor, 503, fault.seconds(0))
        case "401":
            return vendor.error(401, "The sandbox was told to refuse the credentials.")
        case "500_before":
            return _failed(vendor, fault)
        case "error_flag":
            return vendor.flagged_error(_flagged(fault))
        case "html":
            return Answer(200, WEB_PAGE, content_type="text/html; charset=utf-8")
        case "redirect":
            return Answer(307, "", {"Location": str(fault.value or ELSEWHERE)})
    return None


def _failed(vendor: Vendor, fault: Fault) -> Answer:
    return vendor.error(int(fault.seconds(500)), "The sandbox was told to fail.")


def _flagged(fault: Fault) -> str:
    """Why, as the vendor would say what an officer has to mend."""
    if fault.where:
        return f"{fault.where} holds fault:{fault.name}: clear it and send again."
    return "The sandbox was told to answer with an error flag: nothing in the record is wrong."


def _later(vendor: Vendor, status: int, seconds: float) -> Answer:
    answer = vendor.error(status, "The sandbox was told to be busy.")
    if seconds:
        answer.headers["Retry-After"] = f"{seconds:g}"
    return answer
