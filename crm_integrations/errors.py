"""What a connector may raise, named by what happens next; the docstring is the default message."""

from __future__ import annotations

NO_CONNECTION = "No connection:"
"""How the words of a Transient begin where the vendor got nothing of the call."""
CANT_BE_SENT = "The request can't be sent"
"""How those of a Misconfigured begin where it is we that can't, or may not, make the call."""


class DeliveryError(Exception):
    """The delivery did not succeed."""

    def __init__(self, message: str = "") -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        super().__init__(self.message)


class Unsupported(DeliveryError):
    """This record can't be said to this vendor."""


class Transient(DeliveryError):
    """The vendor surely did not process it; it will be sent again."""

    def __init__(self, message: str = "", retry_after: float | None = None) -> None:
        """`retry_after`: seconds the vendor asked us to wait, None when it did not say."""
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(DeliveryError):
    """The vendor understood the record and refused it."""


class Misconfigured(DeliveryError):
    """The vendor refuses this connection: its address or its credentials are wrong."""


class OutcomeUnknown(DeliveryError):
    """It was sent and no certain answer came; the vendor may or may not hold it."""
