"""Times as devices, feeds and files write them → RFC 3339 in UTC."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rhinecloud.base.clock import END, FIRST, iso, parse_us
from rhinecloud.base.errors import BadRequestData, Unreadable

from .mapping import Time
from .paths import describe

Reader = Callable[[Any], str]
"""From the value that stands for a time to RFC 3339 text."""

_PER: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


def time_reader(form: str = "auto", pattern: str = "", zone: str = "") -> Reader:
    """A function that reads times of that form.

    Raises:
        BadRequestData: the zone does not exist.
    """
    try:
        there = ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadRequestData(f"Time zone {zone[:60]!r} does not exist; write e.g. Europe/Berlin") from error

    def read(value: Any) -> str:
        kind = type(value)
        if kind is str:
            if not pattern and form in ("auto", "iso"):
                return from_text(value, there)
            return _from_pattern(value, pattern, there) if pattern else from_number(_number(value), form)
        if kind is int or kind is float:
            return from_number(value, form)
        raise Unreadable(f"A time is text or a number, not {describe(value)}", reason="bad time")

    return read


def reader_of(time: Time) -> Reader:
    return time_reader(time.form, time.pattern, time.zone)


def from_text(text: str, zone: ZoneInfo | None = None) -> str:
    """ISO 8601 text as RFC 3339 in UTC; text without a zone is taken in `zone`."""
    try:
        us = parse_us(text)
    except ValueError:
        return _loose(text, zone)
    # As it came, where that is our form: longer fractions than microseconds are cut.
    return text if text[-1] == "Z" and text[10] == "T" and len(text) <= 27 else iso(us)


def _loose(text: str, zone: ZoneInfo | None) -> str:
    """A blank instead of T, no zone, basic form: what Python reads as ISO 8601, and fractions of any length."""
    stripped = text.strip()
    if stripped.isdigit() and len(stripped) in (10, 13, 16, 19):
        return from_number(int(stripped), "auto")
    try:
        stamp = datetime.fromisoformat(re.sub(r"([.,]\d{6})\d+", r"\1", stripped).replace("UTC", "+00:00"))
    except ValueError as error:
        raise Unreadable(
            f"{describe(text)} is not a time; write ISO 8601 such as 2026-11-22T10:00:00Z or declare its pattern",
            reason="bad time",
        ) from error
    return _zoned(stamp, zone, text)


def _from_pattern(text: str, pattern: str, zone: ZoneInfo | None) -> str:
    try:
        stamp = datetime.strptime(text.strip(), pattern)  # noqa: DTZ007 - the zone follows
    except ValueError as error:
        raise Unreadable(f"{describe(text)} is not a time of the form {pattern}", reason="bad time") from error
    return _zoned(stamp, zone, text)


def _zoned(stamp: datetime, zone: ZoneInfo | None, text: str) -> str:
    if stamp.tzinfo is None:
        if zone is None:
            raise Unreadable(
                f"{describe(text)} has no time zone; send it with Z or +01:00, or declare the zone in the mapping",
                reason="bad time",
            )
        stamp = stamp.replace(tzinfo=zone)
    try:
        moment = stamp.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise Unreadable(f"{describe(text)} is outside the years 1 to 9999", reason="bad time") from error
    return iso(parse_us(moment.isoformat()))


def from_number(value: float, form: str = "auto") -> str:
    """Seconds, ms, µs or ns since 1970; `auto` tells them apart by size (seconds reach 1e11 in the year 5138)."""
    if form in ("auto", "iso"):
        size = abs(value)
        form = "s" if size < 1e11 else "ms" if size < 1e14 else "us" if size < 1e17 else "ns"
    try:
        us = round(value / 1000) if form == "ns" else round(value * _PER[form])
    except (OverflowError, ValueError):
        us = END
    if not FIRST <= us < END:
        raise Unreadable(f"{value} ({form} since 1970) is outside the years 1 to 9999", reason="bad time")
    return iso(us)


def _number(text: str) -> float:
    try:
        return float(text) if not text.strip().lstrip("-").isdigit() else int(text)
    except ValueError as error:
        raise Unreadable(f"{describe(text)} is not a number of seconds since 1970", reason="bad time") from error


@lru_cache(maxsize=64)
def looks_like_time(text: str) -> bool:
    """Whether text begins as ISO 8601 date and time do."""
    return bool(_ZONED.match(text))
