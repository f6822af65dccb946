"""Marks as they come from units, systems and people: noted at the delivery, and at the assignment of an order."""

from __future__ import annotations

from rhinecloud.base.errors import Conflict
from rhinecloud.operations import assignments
from rhinecloud.operations.tables import Work

from . import outbox
from .declare import Delivery, Mark, Message

ORDER = "order"


def mark(
    work: Work, delivery_id: str, what: Mark, *, at_us: int | None = None, who: str = "", reason: str = ""
) -> Delivery:
    """As `outbox.mark`; an order's answer is the assignment's.

    Raises:
        Conflict: there is nothing to answer any more, or it is answered otherwise; then nothing is noted.
    """
    found = outbox.delivery(work, delivery_id)
    message = outbox.get(work, found.told)
    if message.given.about == ORDER:
        _assignment(work, message, what, at_us, reason)
    elif what in ("accepted", "declined") and message.ended_us is not None:
        raise Conflict("This is over; there is nothing to answer any more")
    return outbox.mark(work, delivery_id, what, at_us=at_us, who=who, reason=reason)


def _assignment(work: Work, message: Message, what: Mark, at_us: int | None, reason: str) -> None:
    number = int(message.given.subject)
    found = assignments.get(work, number)
    if what == "accepted":
        assignments.answer(work, number, True)
    elif what == "declined":
        if found.state != "declined":
            assignments.answer(work, number, False, reason)
    elif found.alerted_us is not None:
        assignments.mark(work, number, what, at_us)
