"""What may stand in a CAP message, in which order and how often: one table for reading and for writing.

Source: OASIS CAP 1.2, 3.2 and 3.4 (schema); CAP 1.1 differs in that `mimeType` may be missing and in `responseType`;
CAP 1.0 has `password`, and writes codes as `name=value`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

MANY: Final = 1_000_000


class Part(NamedTuple):
    """An element: how often it may stand there, and what it may say (`values`) or hold (`parts`)."""

    name: str
    least: int = 0
    most: int = 1
    kind: str = "text"  # "text", "time", "named", "uri", "number", "language", "parts"
    values: frozenset[str] = frozenset()
    parts: tuple[Part, ...] = ()


def _one(*values: str) -> frozenset[str]:
    return frozenset(values)


STATUS: Final = _one("Actual", "Exercise", "System", "Test", "Draft")
MSG_TYPE: Final = _one("Alert", "Update", "Cancel", "Ack", "Error")
SCOPE: Final = _one("Public", "Restricted", "Private")
CATEGORY: Final = ("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE")
RESPONSE: Final = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
URGENCY: Final = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITY: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTY: Final = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")

RESOURCE: Final = (
    Part("resourceDesc", 1),
    Part("mimeType", 1),
    Part("size", kind="number"),
    Part("uri", kind="uri"),
    Part("derefUri"),
    Part("digest"),
)
AREA: Final = (
    Part("areaDesc", 1),
    Part("polygon", most=MANY),
    Part("circle", most=MANY),
    Part("geocode", most=MANY, kind="named"),
    Part("altitude", kind="number"),
    Part("ceiling", kind="number"),
)
INFO: Final = (
    Part("language", kind="language"),
    Part("category", 1, MANY, values=_one(*CATEGORY, "Other")),
    Part("event", 1),
    Part("responseType", most=MANY, values=_one(*RESPONSE)),
    Part("urgency", 1, values=_one(*URGENCY)),
    Part("severity", 1, values=_one(*SEVERITY)),
    Part("certainty", 1, values=_one(*CERTAINTY)),
    Part("audience"),
    Part("eventCode", most=MANY, kind="named"),
    Part("effective", kind="time"),
    Part("onset", kind="time"),
    Part("expires", kind="time"),
    Part("senderName"),
    Part("headline"),
    Part("description"),
    Part("instruction"),
    Part("web", kind="uri"),
    Part("contact"),
    Part("parameter", most=MANY, kind="named"),
    Part("resource", most=MANY, kind="parts", parts=RESOURCE),
    Part("area", most=MANY, kind="parts", parts=AREA),
)
ALERT: Final = (
    Part("identifier", 1),
    Part("sender", 1),
    Part("sent", 1, kind="time"),
    Part("status", 1, values=STATUS),
    Part("msgType", 1, values=MSG_TYPE),
    Part("source"),
    Part("scope", 1, values=SCOPE),
    Part("restriction"),
    Part("addresses"),
    Part("code", most=MANY),
    Part("note"),
    Part("references"),
    Part("incidents"),
    Part("info", most=MANY, kind="parts", parts=INFO),
)


def _older(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The table as CAP 1.1 and 1.0 have it, as far as they allow more."""
    looser = {"scope": 0, "mimeType": 0, "category": 0}
    made = []
    for part in parts:
        values = part.values | {"Very Likely"} if part.name == "certainty" else part.values
        made.append(part._replace(least=looser.get(part.name, part.least), values=values, parts=_older(part.parts)))
        if part.name == "sender":
            made.append(Part("password"))
    return tuple(made)


TABLES: Final = {
    "1.2": ALERT,
    "1.1": tuple(
        p._replace(parts=tuple(i._replace(parts=_older(i.parts)) for i in p.parts)) if p.name == "info" else p
        for p in ALERT
    ),
    "1.0": _older(ALERT),
}
