"""News of incidents and units to the systems of agencies that asked for them, as far as each agency may know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rhinecloud.base.clock import iso
from rhinecloud.operations.declare import News
from rhinecloud.operations.tables import Work

from . import outbox, ways
from .declare import NEWS, Tell, Way

OWN = ("telling.", "way.")
"""Not told: it would go round."""


def follow(work: Work, news: Sequence[News]) -> None:
    """Hands over the news that somebody has a way for; each once, by its number."""
    hearing = ways.hearing(work)
    for item in news if hearing else ():
        if item.what.startswith(OWN):
            continue
        to = tuple(dict.fromkeys(w.recipient for w in hearing if _may_know(w, item) and wants(w, item)))
        if to:
            given = Tell(
                key=f"news:{item.number}",
                about=NEWS,
                to=to,
                data=document(item),
                channels=("webhook",),
                subject=item.what,
                incident=item.incident,
                agencies=item.agencies,
            )
            outbox.tell(work, given)


def wants(way: Way, item: News) -> bool:
    return way.channel == "webhook" and ways.hears(way, f"{NEWS}:{item.what}")


def _may_know(way: Way, item: News) -> bool:
    """News without agencies are of what is declared for all: kinds, types, playbooks."""
    return not way.agency or not item.agencies or way.agency in item.agencies


def document(item: News) -> dict[str, Any]:
    """News as programs read them."""
    return {
        "number": item.number,
        "what": item.what,
        "subject": item.subject,
        "incident": item.incident,
        "at": iso(item.at_us),
        "by": item.by,
        "detail": item.detail,
    }
