"""What readers of all forms share: figures, times and names as suppliers write them, and entities in the making."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from rhinecloud.kit import Bad

Entity = dict[str, Any]
MOST: Final = 1e9
BERLIN: Final = ZoneInfo("Europe/Berlin")


class Wrong(ValueError):
    """A record cannot be read: `reason` counts it, the message is for the one who has to mend it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason

    def bad(self, raw: bytes = b"") -> Bad:
        return Bad(self.reason, str(self), raw[:65_536])


class Draft:
    """An entity in the making. What is None or empty is not put in: nothing known is nothing said."""

    def __init__(self, kind: str, name: str, observed: str = "") -> None:
        self.entity: Entity = {"id": name, "type": kind}
        self._observed = observed

    def tell(self, name: str, value: Any, unit: str = "") -> None:
        """What does not change by itself: a name, a size, a price."""
        if value is not None and value not in ("", [], {}):
            self.entity[name] = {"type": "Property", "value": value} | ({"unitCode": unit} if unit else {})

    def measure(self, name: str, value: Any) -> None:
        """What was observed, with the time of the observation where it is known."""
        self.tell(name, value)
        if name in self.entity and self._observed:
            self.entity[name]["observedAt"] = self._observed

    def place(self, lon: float | None, lat: float | None) -> None:
        """Where it is; (0, 0) says that nobody knew.

        Raises:
            Wrong: it is not on the Earth.
        """
        if lon is None or lat is None or (lon == 0 and lat == 0):
            return
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise Wrong("bad place", f"{self.entity['id']}: longitude {lon}, latitude {lat} is nowhere")
        self.shape({"type": "Point", "coordinates": [lon, lat]})

    def shape(self, geometry: dict[str, Any]) -> None:
        self.entity["location"] = {"type": "GeoProperty", "value": geometry}

    def belongs(self, name: str, target: str) -> None:
        self.entity[name] = {"type": "Relationship", "object": target}

    def value(self, name: str) -> Any:
        return self.entity.get(name, {}).get("value")

    def count_places(self) -> None:
        """Adds what follows from the counts that were told: taken and free make up all, and share of them is taken."""
        total, free, taken = (self.value(f"{what}SpotNumber") for what in ("total", "available", "occupied"))
        if free is None and total is not None and taken is not None:
            self.measure("availableSpotNumber", free := max(total - taken, 0))
        if taken is None and total and free is not None and free <= total:
            self.measure("occupiedSpotNumber", total - free)
        if total and free is not None and "occupancy" not in self.entity:
            # More free than there are gives less than nothing: it is kept, marked as absurd, and a rule tells of it.
            self.measure("occupancy", round(1 - free / total, 4))

    @property
    def empty(self) -> bool:
        return len(self.entity) == 2


def number(value: Any, what: str) -> float | None:
    """The figure that is written there; None where there is none.

    Raises:
        Wrong: something is written that is no figure.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _sane(value, what) if math.isfinite(value) else None
    text = str(value).strip().replace("\u00a0", "").replace("\u2212", "-")
    if text.lower() in ("", "-", "--", "---", "null", "none", "na", "n/a", "k.a.", "nan", "unknown"):
        return None
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        text = text.replace(",", ".")
    try:
        found = float(text) if len(text) <= 40 and re.fullmatch(r"[+-]?[\d.]+(?:[eE][+-]?\d{1,2})?", text) else None
    except ValueError:
        found = None
    if found is None:
        raise Wrong("bad value", f"{what} is {str(value)[:40]!r}, not a figure")
    return _sane(found, what)


def _sane(found: float, what: str) -> float:
    if abs(found) > MOST:
        raise Wrong("bad value", f"{what} is {found:g}: nothing about parking is so large")
    return found


def count(value: Any, what: str) -> int | None:
    """How many; below zero means "not known" at many suppliers.

    Raises:
        Wrong: no figure, or not a whole one.
    """
    found = number(value, what)
    if found is None or found < 0:
        return None
    if abs(found - round(found)) > 1e-6:
        raise Wrong("bad value", f"{what} is {found:g}; places are whole")
    return round(found)


def moment(value: Any, what: str, zone: ZoneInfo | None = BERLIN) -> str:
    """A time as RFC 3339 in UTC; "" where there is none.

    What has no offset is local time of `zone`; of the two hours that an autumn night has twice it is the first.
    Raises:
        Wrong: no time.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return _text(datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC))
        except (OverflowError, OSError, ValueError):
            raise Wrong("bad time", f"{what} is {str(value)[:40]}, not a time") from None
    text = str(value).strip()
    midnight = "T24:00" in text
    try:
        found = datetime.fromisoformat(text.replace("T24:00", "T00:00"))
    except ValueError:
        for pattern in ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y/%m/%d %H:%M:%S"):
            try:
                found = datetime.strptime(text, pattern)  # noqa: DTZ007 - given its zone below
                break
            except ValueError:
                continue
        else:
            raise Wrong("bad time", f"{what} is {text[:40]!r}, not a time") from None
    try:
        found = found + timedelta(days=1) if midnight else found
        return _text(found.replace(tzinfo=zone or UTC) if found.tzinfo is None else found)
    except OverflowError:
        raise Wrong("bad time", f"{what} is {text[:40]!r}, not a time") from None


def _text(at: datetime) -> str:
    at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + (f".{at.microsecond // 1000:03d}Z" if at.microsecond >= 1000 else "Z")


def name_part(text: str) -> str:
    """A supplier's own id as the part of a URN; upper and lower case stay, since they may tell two apart."""
    plain = text.strip().translate(_UMLAUTS)
    return re.sub(r"[^A-Za-z0-9._~-]+", "-", plain).strip("-")[:120]


_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


def seconds(value: float | None) -> str | None:
    """A length of time as ISO 8601."""
    if not value or value < 0:
        return None
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + (f"{rest}S" if rest else "")
