"""What keeps the past in order, in the background: closes days, joins them into months, takes late rows in, forgets.

A day is closed some hours after its end. Months of up to 60 million rows are joined, so that a year of one series is
read from twelve files. Rows that come after their piece was closed lie among the recent ones and are read from there;
their piece is rewritten when they are many, and at least once a day. The day follows the time zone of the settings;
pieces made under another one keep their edges.
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

from rhinecloud.base.clock import DAY, SECOND
from rhinecloud.base.declare import Model

from .calendar import Calendar, Span
from .engine import Store
from .pieces import Piece, make_states, pieces, settle
from .retention import forget

CLOSE_AFTER_US: Final = 3 * 3600 * SECOND  # a day's end and its closing: most of what comes late has come by then
JOIN_AFTER_US: Final = 3 * DAY  # a month's end and its joining
MONTH_ROWS: Final = 60_000_000  # more than that stays in days
RECENT_ROWS: Final = 2_000_000  # more than that of an open day goes into a piece before it closes
LATE_SHARE: Final = 0.02  # of a piece's rows, from which on it is rewritten at once
_SLOT: Final = 900 * SECOND  # days begin at a quarter of an hour in every zone in use


class Kept(msgspec.Struct, frozen=True):
    """What a round did."""

    settled: list[str] = []  # names of pieces written
    states: int = 0
    forgotten: int = 0  # rows past their retention


def keep(past: Store, calendar: Calendar, model: Model, now_us: int, *, daily: bool | None = None) -> Kept:
    """One round. `daily`: with what is done once a day only; None: if it is time for it."""
    today = now_us // DAY
    if daily is None:
        daily = past.meta("kept_day") < today
    settled = []
    for span in due(past, calendar, now_us, daily=daily):
        settle(past, span)
        settled.append(span.name)
    forgotten = forget(past, model, now_us) if daily else 0
    made = make_states(past)
    if daily:
        with past.transaction():
            past.set_meta("kept_day", today)
    past.remove_retired()
    return Kept(settled, made, forgotten)


def due(past: Store, calendar: Calendar, now_us: int, *, daily: bool) -> list[Span]:
    """The spans to be (re)written now, in the order of time."""
    present = pieces(past)
    waiting: Counter[Span] = Counter()
    for slot, rows in past.rows(
        f"SELECT at_us // {_SLOT}, count(*) FROM recent WHERE at_us <= {now_us} GROUP BY 1 ORDER BY 1"
    ):
        waiting[_home(calendar, present, slot * _SLOT, now_us)] += rows
    erased = {name for (name,) in past.rows("SELECT DISTINCT piece FROM erased")}
    held = {(piece.from_us, piece.to_us): piece for piece in present}
    wanted: dict[tuple[int, int], Span] = {}
    for span, rows in waiting.items():
        piece = held.get((span.from_us, span.to_us))
        closed = span.to_us + CLOSE_AFTER_US <= now_us
        many = rows > (RECENT_ROWS if not closed else piece.rows * LATE_SHARE if piece else 0)
        if many or (closed and daily):
            wanted[span.from_us, span.to_us] = span
    for piece in present:
        if piece.name in erased:
            wanted[piece.from_us, piece.to_us] = Span(piece.from_us, piece.to_us, piece.name)
    for month in _months(calendar, present, now_us):
        # What is joined need not be rewritten before.
        wanted = {edges: span for edges, span in wanted.items() if not month.from_us <= edges[0] < month.to_us}
        wanted[month.from_us, month.to_us] = month
    return sorted(wanted.values())


def _home(calendar: Calendar, present: list[Piece], at_us: int, now_us: int) -> Span:
    """Where a row of this moment belongs: the piece that covers it, or its day, or its month if that is long over."""
    for piece in present:
        if piece.from_us <= at_us < piece.to_us:
            return Span(piece.from_us, piece.to_us, piece.name)
    month = calendar.month(at_us)
    over = month.to_us + JOIN_AFTER_US <= now_us
    if over and not any(month.from_us <= piece.from_us < month.to_us for piece in present):
        return _clip(month, present)
    return _clip(calendar.day(at_us), present)


def _months(calendar: Calendar, present: list[Piece], now_us: int) -> list[Span]:
    """Months that are over and lie in several pieces."""
    inside: dict[Span, list[Piece]] = {}
    for piece in present:
        month = calendar.month(piece.from_us)
        if piece.to_us <= month.to_us and month.to_us + JOIN_AFTER_US <= now_us:
            inside.setdefault(month, []).append(piece)
    return [
        _clip(month, [piece for piece in present if piece not in parts])
        for month, parts in inside.items()
        if len(parts) > 1 and sum(piece.rows for piece in parts) <= MONTH_ROWS
    ]


def _clip(span: Span, others: list[Piece]) -> Span:
    """`span` without what other pieces cover at its edges (made under another time zone), its name none of theirs."""
    from_us = max([span.from_us, *(p.to_us for p in others if p.from_us <= span.from_us < p.to_us)])
    to_us = min([span.to_us, *(p.from_us for p in others if p.from_us < span.to_us <= p.to_us)])
    name = span.name
    while any(piece.name == name for piece in others):
        name += "b"
    return Span(from_us, to_us, name)
