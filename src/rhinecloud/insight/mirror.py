"""Alerts as entities of the present, so that other systems may ask for them, subscribe to them and see their past.

The alert itself stays in insight.db; its entity is a copy that follows soon after, in batches. It expires a week after
the alert has ended. No rule looks at alerts, so that nothing goes in circles.
Source: smart-data-models/dataModel.Alert (Alert).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from rhinecloud.base.clock import DAY, SECOND, iso
from rhinecloud.base.model import Instance, Op, Update
from rhinecloud.base.shelf import Shelf
from rhinecloud.context import Present

from . import alerts
from .declare import Alert
from .entities import ALERT
from .indicators import SOURCE
from .standing import LOCATION, Expand
from .tables import set_meta

AFTER_US: Final = 7 * DAY
BATCH: Final = 500
SEVERITY: Final = {"info": "informational", "minor": "low", "major": "high", "critical": "critical"}
"""Our words and those of the data model."""
_COPY: Final = re.compile(rf"urn:ngsi-ld:{ALERT.name}:[0-9A-HJKMNP-TV-Z]{{26}}")


def entity_id(alert: Alert) -> str:
    return f"urn:ngsi-ld:{ALERT.name}:{alert.id}"


def is_copy(entity: str) -> bool:
    """Whether an entity is the copy of an alert of ours, by its id; alerts of other systems are things like any."""
    return _COPY.fullmatch(entity) is not None


class Mirror:
    """Of one tenant; `follow` brings the entities up to date, from where it stood before a crash."""

    def __init__(self, shelf: Shelf, expand: Expand) -> None:
        self._shelf, self._expand = shelf, expand
        self._at = shelf.meta("mirrored")
        self.behind = True  # something has changed since

    async def follow(self, present: Present, now: int) -> None:
        """Raises Unavailable where nothing can be written now; what is missing is written the next time."""
        self.behind = False
        try:
            while changed := alerts.changed_after(self._shelf, self._at, BATCH):
                await present.write([self._update(alert, now) for _, alert in changed])
                self._at = changed[-1][0]
        except BaseException:
            self.behind = True
            raise

    def keep(self, db: sqlite3.Connection) -> None:
        """Notes, in the open transaction, how far it is; what is repeated after a crash changes nothing."""
        set_meta(db, "mirrored", self._at)

    def _update(self, alert: Alert, now: int) -> Update:
        gone_us = None if alert.cleared_us is None else alert.cleared_us + AFTER_US
        if gone_us is not None and gone_us <= now:
            return Update(op=Op.DELETE, id=entity_id(alert), source=SOURCE)
        entity: dict[str, Any] = {"type": [ALERT.iri], "attrs": {n: [i] for n, i in self._attrs(alert)}}
        if gone_us is not None:
            entity["expiresAt"] = iso(gone_us)
        return Update(op=Op.UPSERT_REPLACE, id=entity_id(alert), entity=entity, source=SOURCE)

    def _attrs(self, alert: Alert) -> Sequence[tuple[str, Instance]]:
        at = iso(alert.updated_us // SECOND * SECOND)
        plain: dict[str, Any] = {
            "name": alert.title.de,
            "category": alert.pack or "own",
            "subCategory": alert.rule,
            "severity": SEVERITY[alert.severity],
            "alertState": alert.state,
            "dateIssued": iso(alert.known_us),
            "validFrom": iso(alert.started_us),
            "source": f"{alert.rule}, version {alert.rule_version}",
        }
        if alert.cleared_us is not None:
            plain["validTo"] = iso(alert.cleared_us)
        made: list[tuple[str, Instance]] = [
            (self._expand(name), {"type": "Property", "value": value}) for name, value in plain.items()
        ]
        made.append(
            (
                self._expand("description"),
                {
                    "type": "LanguageProperty",
                    "languageMap": {"de": alert.text.de, "en": alert.text.en},
                    "observedAt": at,
                },
            )
        )
        made.append((self._expand("alertSource"), {"type": "Relationship", "object": alert.entity}))
        if alert.location is not None:
            place = {"type": "Point", "coordinates": list(alert.location)}
            made.append((LOCATION, {"type": "GeoProperty", "value": place}))
        return made
