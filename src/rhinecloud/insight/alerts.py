"""Alerts as they are kept and asked for. An alert is never deleted; what people did about it is in it."""

# ruff: noqa: S608 — SQL is put together from our own constants; whatever came in is a parameter

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypedDict

import msgspec

from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.base.shelf import Shelf

from .declare import SEVERITIES, Acknowledgement, Alert, Comment
from .tables import set_meta

SORTS: Final = {
    "worst": "severity DESC, raised_us DESC",
    "newest": "raised_us DESC",
    "oldest": "raised_us",
    "updated": "updated_us DESC",
    "cleared": "cleared_us DESC",
    "entity": "entity, raised_us DESC",
}
MOST: Final = 10_000
_ACKNOWLEDGED: Final = "json_extract(CAST(body AS TEXT), '$.acknowledged.at_us')"
_NEVER: Final = 2**62
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Alert).decode


def alert_id(rule: str, entity: str, started_us: int, again_us: int = 0) -> str:
    """A name in the form of a ULID: sorts by time. The same rule, entity and beginning give the same one, so that a
    change that is told twice raises one alert.

    Args:
        again_us: when it was raised again, after the rule had not counted for a while.
    """
    digest = hashlib.sha256(f"{rule}\n{entity}\n{started_us}\n{again_us}".encode()).digest()
    number = (max(started_us, 0) // 1000) << 80 | int.from_bytes(digest[:10], "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def keep(db: sqlite3.Connection, alerts: Iterable[Alert]) -> int:
    """Writes alerts as they are now, in the open transaction; the number of the last change.

    One that has the name of another that is over, because its rule was off meanwhile, is given a new one.
    """
    row = db.execute("SELECT value FROM meta WHERE key = 'change'").fetchone()
    change = row[0] if row else 0
    for alert in alerts:
        change += 1
        if (old := known(db, alert.id)) is not None and _is_another(alert, old):
            alert.id = alert_id(alert.rule, alert.entity, alert.started_us, alert.known_us)
            old = known(db, alert.id)
        if old is not None:  # what people did is theirs, whatever we knew of it
            alert.acknowledged, alert.comments = old.acknowledged, old.comments
            alert.snoozed_until_us = old.snoozed_until_us
        _put(db, alert, change)
    set_meta(db, "change", change)
    return int(change)


def _is_another(alert: Alert, old: Alert) -> bool:
    """Whether the rule was off, or another, in between."""
    return alert.state == "raised" and old.cleared_why not in ("", "ended", "gone")


def act(db: sqlite3.Connection, alert_id: str, change: Callable[[Alert], None]) -> Alert:
    """What a person does about an alert, in the open transaction.

    Raises:
        ResourceNotFound.
    """
    alert = known(db, alert_id)
    if alert is None:
        raise _missing(alert_id)
    change(alert)
    row = db.execute("SELECT value FROM meta WHERE key = 'change'").fetchone()
    number = (row[0] if row else 0) + 1
    _put(db, alert, number)
    set_meta(db, "change", number)
    return alert


def _put(db: sqlite3.Connection, alert: Alert, change: int) -> None:
    db.execute(
        "INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            alert.id,
            change,
            alert.rule,
            alert.entity,
            alert.type,
            SEVERITIES.index(alert.severity),
            alert.raised_us,
            alert.cleared_us,
            alert.updated_us,
            alert.snoozed_until_us,
            _searched(alert),
            _encode(alert),
        ),
    )


def _searched(alert: Alert) -> str:
    parts = (alert.title.de, alert.title.en, alert.text.de, alert.text.en, alert.entity_name, alert.entity, alert.rule)
    return "\n".join(parts).casefold()


def known(db: sqlite3.Connection, alert_id: str) -> Alert | None:
    """An alert, as the open transaction sees it."""
    row = db.execute("SELECT body FROM alert WHERE id = ?", (alert_id,)).fetchone()
    return _decode(row[0]) if row else None


def overlapping(db: sqlite3.Connection, alert: Alert, until_us: int) -> Alert | None:
    """The first alert of the same rule and entity whose time touches that of `alert`, known up to `until_us`."""
    row = db.execute(
        "SELECT body FROM alert WHERE rule = ? AND entity = ? AND raised_us <= ?"
        " AND (cleared_us IS NULL OR cleared_us >= ?) ORDER BY raised_us LIMIT 1",
        (alert.rule, alert.entity, until_us if alert.cleared_us is None else alert.cleared_us, alert.raised_us),
    ).fetchone()
    return _decode(row[0]) if row else None


def find(shelf: Shelf, alert_id: str) -> Alert:
    """Raises: ResourceNotFound."""
    rows = shelf.rows("SELECT body FROM alert WHERE id = ?", alert_id)
    if not rows:
        raise _missing(alert_id)
    return _alert(rows[0][0])


def _missing(alert_id: str) -> ResourceNotFound:
    return ResourceNotFound(f"Alert {alert_id[:80]} does not exist")


def raised(shelf: Shelf) -> list[Alert]:
    """All that are raised now."""
    return [
        _alert(body) for (body,) in shelf.rows("SELECT body FROM alert WHERE cleared_us IS NULL ORDER BY raised_us")
    ]


def changed_after(shelf: Shelf, change: int, limit: int = 500) -> list[tuple[int, Alert]]:
    """Alerts that changed since, each as it is now, in the order of change."""
    rows = shelf.rows("SELECT change, body FROM alert WHERE change > ? ORDER BY change LIMIT ?", change, limit)
    return [(int(number), _alert(body)) for number, body in rows]


def counts(shelf: Shelf, now: int) -> dict[str, int]:
    """Alerts that are raised and not snoozed, by severity."""
    found = dict.fromkeys(reversed(SEVERITIES), 0)
    rows = shelf.rows(
        "SELECT severity, count(*) FROM alert WHERE cleared_us IS NULL AND coalesce(snoozed_until_us, 0) <= ?"
        " GROUP BY severity",
        now,
    )
    for severity, count in rows:
        found[SEVERITIES[severity]] = count
    return {str(name): number for name, number in found.items()}


class Asked(TypedDict, total=False):
    """What a list of alerts may be filtered and sorted by."""

    state: str  # "raised", "cleared", "open" (raised, by nobody acknowledged, not snoozed); "": all
    severity: str | Sequence[str]
    type: str | Sequence[str]  # terms or IRIs
    rule: str
    entity: str
    text: str  # words that all occur in title, message, rule or entity
    at_us: int | None  # as they stood at that moment of the city: only those raised then
    since_us: int | None  # with `until_us`: those raised at some moment between the two
    until_us: int | None
    sort: str  # worst (and newest of them) first, newest, oldest, updated, cleared, entity
    limit: int
    offset: int


def search(shelf: Shelf, expand: Callable[[str], str], asked: Asked, now: int) -> tuple[list[Alert], int]:
    """A page of alerts and how many there are in all.

    Args:
        now: what is snoozed until later than this is not open.
    Raises:
        BadRequestData: there is no such order.
    """
    sort, at_us = asked.get("sort") or "worst", asked.get("at_us")
    if sort not in SORTS:
        raise BadRequestData(f"Alerts are sorted by {', '.join(SORTS)}, not by {sort[:40]!r}")
    where, values = _conditions(asked, expand, now)
    condition = " AND ".join(where) or "TRUE"
    limit, offset = max(0, min(asked.get("limit", 100), MOST)), max(0, asked.get("offset", 0))
    rows = shelf.rows(
        f"SELECT body FROM alert WHERE {condition} ORDER BY {SORTS[sort]}, id LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    total = shelf.rows(f"SELECT count(*) FROM alert WHERE {condition}", *values)[0][0]
    found = [_decode(body) for (body,) in rows]
    if at_us is not None:
        found = [as_of(alert, at_us) for alert in found]
    return found, int(total)


def _conditions(asked: Asked, expand: Callable[[str], str], now: int) -> tuple[list[str], list[object]]:
    """The conditions of SQL and their values."""
    severities = [SEVERITIES.index(s) if s in SEVERITIES else -1 for s in _listed(asked.get("severity"))]
    types = [expand(name) for name in _listed(asked.get("type"))]
    at_us, since_us, until_us = asked.get("at_us"), asked.get("since_us"), asked.get("until_us")
    state = asked.get("state") or ""
    states = {"": "TRUE", "raised": "cleared_us IS NULL", "cleared": "cleared_us IS NOT NULL"}
    states["open"] = "cleared_us IS NULL AND coalesce(snoozed_until_us, 0) <= ?"
    if at_us is not None:
        states = {"": "TRUE", "raised": "TRUE", "open": "? IS NOT NULL"}  # who snoozed one then is not kept
    every: list[tuple[object, str, list[object]]] = [
        (at_us is not None, "raised_us <= ? AND (cleared_us IS NULL OR cleared_us > ?)", [at_us, at_us]),
        (True, states.get(state, "FALSE"), [now] if state == "open" else []),
        (state == "open", f"coalesce({_ACKNOWLEDGED}, ?) >= ?", [_NEVER, _NEVER if at_us is None else at_us + 1]),
        (severities, f"severity IN ({_marks(severities)})", list(severities)),
        (types, f"type IN ({_marks(types)})", list(types)),
        (asked.get("rule"), "rule = ?", [asked.get("rule")]),
        (asked.get("entity"), "entity = ?", [asked.get("entity")]),
        (since_us is not None, "(cleared_us IS NULL OR cleared_us >= ?)", [since_us]),
        (until_us is not None, "raised_us < ?", [until_us]),
    ]
    every += [(True, "instr(text, ?) > 0", [word]) for word in (asked.get("text") or "").casefold().split()[:10]]
    chosen = [(condition, of) for given, condition, of in every if given]
    return [condition for condition, _ in chosen], [value for _, of in chosen for value in of]


def _listed(given: str | Sequence[str] | None) -> list[str]:
    return [given] if isinstance(given, str) and given else [name for name in given or () if name]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _alert(body: Any) -> Alert:
    return _decode(body)


def as_of(alert: Alert, at_us: int) -> Alert:
    """The alert as it stood: what people did later, and what was observed later, is not in it."""
    acknowledged = alert.acknowledged if alert.acknowledged and alert.acknowledged.at_us <= at_us else None
    later = alert.latest is not None and (alert.latest.observed_us or alert.latest.received_us) > at_us
    worse = alert.peak is not None and (alert.peak.observed_us or alert.peak.received_us) > at_us
    return msgspec.structs.replace(
        alert,
        state="raised",
        cleared_us=None,
        cleared_why="",
        acknowledged=acknowledged,
        snoozed_until_us=None,
        comments=[c for c in alert.comments if c.at_us <= at_us],
        latest=None if later else alert.latest,
        peak=None if worse else alert.peak,
    )


def acknowledge(alert: Alert, who: str, note: str, now: int) -> None:
    alert.acknowledged = Acknowledgement(who, now, note[:2_000])
    alert.updated_us = now


def snooze(alert: Alert, until_us: int | None, now: int) -> None:
    alert.snoozed_until_us = until_us if until_us and until_us > now else None
    alert.updated_us = now


def comment(alert: Alert, who: str, text: str, now: int) -> None:
    """Raises: BadRequestData: there is no text, or too much."""
    if not text.strip():
        raise BadRequestData("A comment needs a text")
    if len(text) > 10_000 or len(alert.comments) >= 1_000:
        raise BadRequestData("A comment has at most 10,000 characters, an alert at most 1,000 comments")
    alert.comments = [*alert.comments, Comment(who, now, text.strip())]
    alert.updated_us = now
