"""Opening times of DATEX II (validity, periods of days and hours) → the notation of OpenStreetMap."""

from __future__ import annotations

from .markup import Node
from .words import DAYS

_WEEK = tuple(DAYS.values())


def opening_hours(times: Node) -> str:
    """ "24/7", "Mo-Fr 06:00-22:00; Sa 08:00-20:00", or "" where nothing is told that has this form.

    Source: DATEX II OpeningTimes, OperatingHours (Validity, OverallPeriod, Period).
    """
    if times.kind == "OpenAllHours" or times.value("available24hours").lower() in ("true", "1"):
        return "24/7"
    rules: list[str] = []
    for period in times.deep("validPeriod"):
        hours = [span for day in period.deep("recurringTimePeriodOfDay") if (span := _span(day))]
        days = _days([node.text for node in period.deep("applicableDay") if node.text in DAYS])
        if not hours and not days:
            continue
        shown = ",".join(dict.fromkeys(hours)) or "00:00-24:00"
        rule = f"{days} {shown}".strip()
        if rule not in rules:
            rules.append(rule)
    return "24/7" if rules in (["00:00-24:00"], ["Mo-Su 00:00-24:00"]) else "; ".join(rules)


def _span(day: Node) -> str:
    start = (day.value("startTimeOfPeriod") or "00:00")[:5]
    end = (day.value("endTimeOfPeriod") or "24:00")[:5]
    if len(start) != 5 or len(end) != 5:
        return ""
    # From midnight to midnight is the whole day, and 23:59 means its end.
    end = "24:00" if end in ("00:00", "23:59") else end
    return f"{start}-{end}"


def _days(told: list[str]) -> str:
    """Days of the week as ranges: Mo-Fr,Su."""
    on = [DAYS[day] in {DAYS[name] for name in told} for day in DAYS]
    if not any(on):
        return ""
    spans, start = [], None
    for number, is_on in enumerate([*on, False]):
        if is_on and start is None:
            start = number
        elif not is_on and start is not None:
            last = number - 1
            spans.append(_WEEK[start] if last == start else f"{_WEEK[start]}-{_WEEK[last]}")
            start = None
    return ",".join(spans)
