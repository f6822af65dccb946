"""Warnings as entities of the present: map, rules, subscriptions and the time machine know of them.

They are of the type Alert, as those of other systems; drills and tests are none. One goes a week after it has ended.
Source: smart-data-models/dataModel.Alert (Alert).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rhinecloud.base.clock import DAY, iso
from rhinecloud.base.model import Op, Update

from . import areas, reading
from .cap import Message
from .declare import Chain
from .incoming import Received

SOURCE: Final = "system:warnings"
AFTER_US: Final = 7 * DAY
LOCATION: Final = "https://uri.etsi.org/ngsi-ld/location"
SEVERITY: Final = {"Extreme": "critical", "Severe": "high", "Moderate": "medium", "Minor": "low"}
"""CAP's words and those of the data model."""


def own_id(number: str) -> str:
    return f"urn:ngsi-ld:Alert:warning:{number}"


def received_id(number: int) -> str:
    return f"urn:ngsi-ld:Alert:cap:{number}"


def of_chain(chain: Chain, expand: Callable[[str], str]) -> Update | None:
    """The write that makes a warning of ours an entity as it stands; None: it was never public, or is a drill."""
    newest = chain.newest
    if newest is None or newest.cap is None or chain.status != "Actual":
        return None
    first = chain.published[0]
    return _update(
        own_id(chain.number),
        reading.read(newest.cap),
        chain.state,
        expand,
        issued_us=first.published_us or chain.made_us,
        ended_us=chain.ended_us,
        outline=newest.draft.area,
    )


def of_received(received: Received, state: str, expand: Callable[[str], str]) -> Update | None:
    """As `of_chain`, of a message of others that means this city; None: it is none that warns."""
    if not received.here or received.status != "Actual" or received.msg_type not in ("Alert", "Update"):
        return None
    return _update(
        received_id(received.id),
        received.kept.message,
        state,
        expand,
        issued_us=received.sent_us,
        ended_us=None if state == "in-force" else received.expires_us or received.received_us,
        outline=None,
    )


def _update(
    entity_id: str,
    message: Message,
    state: str,
    expand: Callable[[str], str],
    *,
    issued_us: int,
    ended_us: int | None,
    outline: dict[str, Any] | None,
) -> Update:
    first = message.info("de")
    plain: dict[str, Any] = {
        "name": (first.headline or first.event if first else "") or message.identifier,
        "category": "warning",
        "subCategory": first.event if first else "",
        "severity": SEVERITY.get(first.severity if first else "", "informational"),
        "alertState": state,
        "dateIssued": iso(issued_us),
        "source": f"{message.sender} {message.identifier}"[:500],
    }
    if (onset := message.onset_us) is not None:
        plain["validFrom"] = iso(onset)
    if (end := ended_us or message.expires_us) is not None:
        plain["validTo"] = iso(end)
    attrs: dict[str, Any] = {expand(n): [{"type": "Property", "value": v}] for n, v in plain.items() if v}
    texts = {i.language.lower(): i.description or i.headline for i in message.infos if i.description or i.headline}
    short = {tag.partition("-")[0]: texts[tag] for tag in reversed(texts) if not tag.endswith("-ls")}
    if short:
        attrs[expand("description")] = [{"type": "LanguageProperty", "languageMap": short}]
    place = outline or areas.geojson(areas.shape_of(message.areas()), most=500)
    if place is not None:
        attrs[LOCATION] = [{"type": "GeoProperty", "value": place}]
    entity: dict[str, Any] = {"type": [expand("Alert")], "attrs": attrs}
    if ended_us is not None:
        entity["expiresAt"] = iso(ended_us + AFTER_US)
    return Update(op=Op.UPSERT_REPLACE, id=entity_id, entity=entity, source=SOURCE)
