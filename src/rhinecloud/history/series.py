"""One attribute's past: its values in a stretch of time, and figures over it (ETSI GS CIM 009, 4.5.19)."""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import DAY, SECOND
from rhinecloud.base.errors import BadRequestData

from .engine import Store
from .pieces import LAST_WORD, pieces, rows_between, told
from .schema import NAMES

METHODS: Final = {
    "totalCount": "count(*)",
    "distinctCount": """count(DISTINCT coalesce(number::VARCHAR,
        regexp_replace(body, '"(observedAt|modifiedAt)":"[^"]*",?', '', 'g')))""",
    "sum": "sum(number)",
    "avg": "avg(number)",
    "min": "min(number)",
    "max": "max(number)",
    "stddev": "stddev_pop(number)",
    "sumsq": "sum(number * number)",
}
"""Aggregation methods by their names in the standard, as SQL. Text and other values are counted, not added."""

MAX_BUCKETS: Final = 100_000


class Series(msgspec.Struct):
    """One attribute's rows, in columns, in the order of time; instants in µs since 1970 UTC."""

    entity: str
    attr: str
    dataset: str
    id: list[int] = []  # the row's number, rising as the rows came
    at_us: list[int] = []  # from when the value counts: observed, or else received
    observed_us: list[int | None] = []
    received_us: list[int] = []
    number: list[float | None] = []
    body: list[str | None] = []  # what `base.model.body_of` says of the instance
    flags: list[int] = []  # base.model.Flag
    source: list[str] = []
    raw: list[str] = []
    complete: bool = True  # False: there is more than `limit`

    def __len__(self) -> int:
        return len(self.at_us)


class Bucket(msgspec.Struct, frozen=True):
    """Figures over [from_us, to_us): method → value, None where there is no number."""

    from_us: int
    to_us: int
    figures: dict[str, float | int | None]


_FIELDS: Final = "at_us, number, body, flags"
_EVIDENCE: Final = "id, observed_us, received_us, source, raw"
_SERIES: Final = "entity = $entity AND attr = $attr AND dataset = $dataset"


def read_series(  # noqa: PLR0913 — what a chart may ask for
    past: Store,
    entity: str,
    attr: str,
    *,
    dataset: str = "",
    start_us: int | None = None,
    end_us: int | None = None,
    limit: int = 100_000,
    last: bool = False,
    brief: bool = False,
) -> Series:
    """The rows of [start_us, end_us), the first `limit` of them, or the last where `last`; tombstones left out.

    With `brief`, what a chart needs: the columns id, observed_us, received_us, source and raw stay empty, which spares
    half of the reading.
    """
    named: dict[str, object] = {"entity": entity, "attr": attr, "dataset": dataset}
    fields = _FIELDS if brief else f"{_FIELDS}, {_EVIDENCE}"
    down = "DESC" if last else ""
    rows = past.rows(
        f"""SELECT {fields} FROM ({_of_series(past, named, start_us, end_us)}) WHERE change <> 2
        ORDER BY at_us {down}{"" if brief else f", id {down}"} LIMIT {limit + 1}""",
        named,
    )
    complete = len(rows) <= limit
    del rows[limit:]
    if last:
        rows.reverse()
    series = Series(entity, attr, dataset, complete=complete)
    for name, column in zip(fields.split(", "), zip(*rows, strict=True), strict=False):
        setattr(series, name, list(column))
    return series


def _of_series(past: Store, named: dict[str, object], start_us: int | None, end_us: int | None) -> str:
    """SQL for the rows of one series, of each observation the newest."""
    edge = max((piece.to_us for piece in pieces(past, start_us, end_us)), default=None)
    if edge is not None:
        late = past.one(f"SELECT count(*) FROM recent WHERE {_SERIES} AND at_us < {edge}", named)[0]
        if not late:
            # Pieces hold each observation once; only recent rows among them could say something newer.
            closed = rows_between(past, start_us, end_us, where=_SERIES, recent=False)
            fresh = told(f"SELECT {NAMES} FROM recent WHERE {_between(start_us, end_us)}{_SERIES}")
            return f"SELECT {NAMES} FROM ({fresh}) WHERE {LAST_WORD} UNION ALL {closed}"
    return f"SELECT * FROM ({told(rows_between(past, start_us, end_us, where=_SERIES))}) WHERE {LAST_WORD}"


def _between(start_us: int | None, end_us: int | None) -> str:
    start = "" if start_us is None else f"at_us >= {start_us} AND "
    return start if end_us is None else f"{start}at_us < {end_us} AND "


def aggregate(
    past: Store,
    entity: str,
    attr: str,
    *,
    methods: Sequence[str],
    start_us: int,
    end_us: int,
    period: str = "",
    dataset: str = "",
) -> list[Bucket]:
    """Figures over [start_us, end_us), one bucket for all of it or one a `period` (ISO 8601), counted from start_us.

    Buckets without a row are left out. Every row counts once, however long its value held.
    Source: ETSI GS CIM 009, 4.5.19 (totalCount, distinctCount, sum, avg, min, max, stddev, sumsq).

    Raises:
        BadRequestData: an unknown method, a period that is none, or more than 100,000 buckets.
    """
    check(methods)
    bucket, edges = buckets(start_us, end_us, period)
    figures = ", ".join(METHODS[method] for method in methods)
    named: dict[str, object] = {"entity": entity, "attr": attr, "dataset": dataset}
    rows = past.rows(
        f"""SELECT {bucket} AS bucket, {figures} FROM ({_of_series(past, named, start_us, end_us)}) AS row
        WHERE change <> 2 GROUP BY bucket ORDER BY bucket""",
        named,
    )
    return [
        Bucket(from_us, to_us, dict(zip(methods, row[1:], strict=True)))
        for row in rows
        for from_us, to_us in (edges(row[0]),)
    ]


def check(methods: Sequence[str]) -> None:
    """Raises BadRequestData where a method does not exist."""
    if unknown := [method for method in methods if method not in METHODS]:
        raise BadRequestData(f"aggrMethods: {unknown[0][:40]!r} does not exist; there are {', '.join(METHODS)}")


class Figures(msgspec.Struct, frozen=True):
    """The buckets of one attribute of one entity, in one dataset."""

    entity: str
    attr: str
    dataset: str
    kind: str  # of the attribute: Property, Relationship, …
    buckets: list[Bucket]


def figures(
    past: Store,
    ids: Sequence[str],
    *,
    methods: Sequence[str],
    start_us: int | None,
    end_us: int | None,
    period: str = "",
    attrs: Collection[str] | None = None,
    datasets: Collection[str] | None = None,
) -> list[Figures]:
    """Figures over every attribute of some entities, or those of `attrs` and `datasets` ("@none": the default one).

    Buckets are counted from `start_us`, or else from an entity's first instance; observations without a time of their
    own are left out.
    Source: ETSI GS CIM 009, 4.5.19.
    """
    check(methods)
    parameters: dict[str, object] = {"ids": sorted(ids)}
    where = "entity IN (SELECT unnest($ids)) AND attr NOT IN ('', 'scope') AND observed_us IS NOT NULL"
    if attrs is not None:
        where += " AND attr IN (SELECT unnest($attrs))"
        parameters["attrs"] = sorted(attrs)
    if datasets is not None:
        where += " AND dataset IN (SELECT unnest($datasets))"
        parameters["datasets"] = sorted("" if name == "@none" else name for name in datasets)
    rows = (
        f"SELECT * FROM ({told(rows_between(past, start_us, end_us, where=where))}) WHERE {LAST_WORD} AND change <> 2"
    )
    found = []
    for entity, first, last in past.rows(f"SELECT entity, min(at_us), max(at_us) FROM ({rows}) GROUP BY 1", parameters):
        bucket, edges = buckets(first if start_us is None else start_us, last + 1 if end_us is None else end_us, period)
        columns = ", ".join(METHODS[method] for method in methods)
        for attr, dataset, group in _groups(
            past.rows(
                f"""SELECT attr, dataset, {bucket} AS bucket, any_value({_KIND}), {columns} FROM ({rows}) AS row
                GROUP BY ALL ORDER BY ALL""".replace("$ids", "[$ids]"),
                parameters | {"ids": entity},
            )
        ):
            made = [Bucket(*edges(row[2]), dict(zip(methods, row[4:], strict=True))) for row in group]
            found.append(Figures(entity, attr, dataset, group[0][3], made))
    return found


_KIND: Final = """CASE WHEN number IS NULL THEN regexp_extract(body, '"type":"(\\w+)"', 1) ELSE 'Property' END"""


def _groups(rows: list[tuple[Any, ...]]) -> Iterator[tuple[str, str, list[tuple[Any, ...]]]]:
    for (attr, dataset), group in itertools.groupby(rows, key=lambda row: (row[0], row[1])):
        yield attr, dataset, list(group)


def buckets(start_us: int, end_us: int, period: str) -> tuple[str, Callable[[int], tuple[int, int]]]:
    """SQL for the number of the bucket that holds `at_us`, and a function from that number to its two edges."""
    if not period:
        return "0", lambda _: (start_us, end_us)
    months, fixed_us = duration(period)
    if not months and not fixed_us:
        return "0", lambda _: (start_us, end_us)  # 4.5.19.1: a period of zero is all of the time asked for
    if not months:
        if (end_us - start_us) // fixed_us > MAX_BUCKETS:
            raise BadRequestData(f"Period {period} cuts this time into more than {MAX_BUCKETS} buckets")
        return f"(at_us - {start_us}) // {fixed_us}", lambda n: (
            start_us + n * fixed_us,
            start_us + (n + 1) * fixed_us,
        )
    starts = [start_us]
    while starts[-1] < end_us:
        if len(starts) > MAX_BUCKETS:
            raise BadRequestData(f"Period {period} cuts this time into more than {MAX_BUCKETS} buckets")
        starts.append(_later(start_us, months * len(starts)) + fixed_us * len(starts))
    inner = ", ".join(map(str, starts[1:-1]))
    return f"len(list_filter([{inner}]::BIGINT[], lambda edge: edge <= at_us))", lambda n: (starts[n], starts[n + 1])


_DURATION = re.compile(
    r"P(?=.)(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?=.)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?\Z"
)


def duration(text: str) -> tuple[int, int]:
    """An ISO 8601 duration as (months, µs), since months have no fixed length.

    Raises:
        BadRequestData: it is none, or is longer than ten thousand years.
    """
    found = _DURATION.match(text)
    if not found:
        raise BadRequestData(f"{text!r} is no aggrPeriodDuration: an ISO 8601 duration, such as PT1H or P1D")
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    months += years * 12
    fixed = (weeks * 7 + days) * DAY + (hours * 3600 + minutes * 60 + seconds) * SECOND
    if months > 120_000 or fixed > 120_000 * 31 * DAY:
        raise BadRequestData(f"{text!r} is longer than ten thousand years")
    whole = int(months)
    return whole, round(fixed + (months - whole) * 30 * DAY)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _later(us: int, months: int) -> int:
    """`us` some months later, on the same day of the month or the last one there is."""
    stamp = _EPOCH + timedelta(microseconds=us)
    year, month = divmod(stamp.year * 12 + stamp.month - 1 + months, 12)
    if year > 9998:
        return 2**62
    first = stamp.replace(year=year, month=month + 1, day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    later = first.replace(day=min(stamp.day, last.day)) - _EPOCH
    return (later.days * 86_400 + later.seconds) * SECOND + later.microseconds
