"""The forecast of free places on real car parks: how far off at 15, 30, 60, 120 minutes, beside the naive ways.

    python bench/parking_forecast.py [--series FOLDER] [--from 2026-08-01] [--carparks 60] [--every 10700]
    python bench/parking_forecast.py --fit --series FOLDER --from 2026-05-01    prints packs/parking/priors.py anew

Rolling origin, out of sample: at each moment only what had been counted by then is given. The folder holds a wide CSV
a day (`2026-08-20.csv`: timestamp, then a column of free places a car park) and `meta-data.csv` with `num_all`; the
default is the one day among the samples. With weeks of past the naive ways are: as yesterday, as a week ago, mean of
the last four such weekdays; with one day: the mean daily curve of all other car parks, scaled, and the same curve
followed from where the car park is now (that curve knows what the others did later that day; the model does not). "As
now" (persistence) stands beside both. A car park of every four, chosen by its name's checksum, is measured; to the
other three the priors were fitted.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

import harness

from rhinecloud.kit import Past
from rhinecloud.packs.parking.forecast import LEVELS, PAST, SLOT_S, Slots, ahead_of, free_places, size_of

Array = NDArray[np.float64]
MINUTES = (15, 30, 60, 120)
DAY_S, WEEK_S = 86_400, 7 * 86_400


class CarPark(NamedTuple):
    name: str
    at_s: Array
    free: Array
    size: float
    told_size: float | None


def samples() -> Path:
    root = os.environ.get("RHINECLOUD_DATA_SAMPLES") or Path(__file__).parent.parent.parent / "shared" / "data"
    return Path(root) / "parking" / "occupancy-series"


def held_out(name: str) -> bool:
    """Whether the priors know nothing of this car park."""
    return zlib.crc32(name.encode()) % 4 == 0


def load(folder: Path, *, since: str = "") -> list[CarPark]:
    """Car parks that count: enough values, and more than a few different ones."""
    columns: dict[str, tuple[list[float], list[float]]] = {}
    for path in sorted(folder.glob("20*.csv")):
        if path.stem < since:
            continue
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            names = next(rows)[1:]
            for row in rows:
                at = datetime.fromisoformat(row[0]).timestamp()
                for name, cell in zip(names, row[1:], strict=False):
                    if cell.strip().lstrip("-").isdigit():
                        times, values = columns.setdefault(name, ([], []))
                        times.append(at)
                        values.append(float(cell))
    sizes = _sizes(folder)
    found = []
    for name, (times, values) in sorted(columns.items()):
        free = np.array(values)
        days = (times[-1] - times[0]) / DAY_S
        if len(times) < 60 * max(days, 1) or len(np.unique(free)) <= 20:
            continue
        told = sizes.get(name)
        found.append(CarPark(name, np.array(times), free, size_of(free, told), told))
    return found


def _sizes(folder: Path) -> dict[str, float]:
    path = next((p for p in (folder / "meta-data.csv", samples() / "meta-data.csv") if p.is_file()), None)
    if path is None:
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["place_id"]: float(row["num_all"]) for row in csv.DictReader(file) if row.get("num_all")}


def known(park: CarPark, at_s: float, within_s: float = 2700) -> float:
    """What was counted at that moment, or shortly before it; NaN where nothing was."""
    index = int(np.searchsorted(park.at_s, at_s, side="right")) - 1
    return float(park.free[index]) if index >= 0 and at_s - park.at_s[index] <= within_s else float("nan")


def curve_of_the_others(parks: list[CarPark], start_s: float) -> Array:
    """Sum over all car parks of the share that is free, by slot of the day, and how many there were: shape (96, 2)."""
    curve = np.zeros((DAY_S // SLOT_S, 2))
    for park in parks:
        for slot in range(len(curve)):
            share = known(park, start_s + slot * SLOT_S) / park.size
            if not np.isnan(share):
                curve[slot] += (share, 1)
    return curve


class Score(NamedTuple):
    minutes: int
    size: float
    model: float  # misses in places, like the rest
    naive: dict[str, float]
    inside: bool
    below: bool
    width: float


def rolling(parks: list[CarPark], since_s: float, every_s: float, milliseconds: list[float]) -> Iterator[Score]:
    """Misses of the model and of the naive ways, at every moment from `since_s` on, `every_s` apart."""
    start, end = min(p.at_s[0] for p in parks), max(p.at_s[-1] for p in parks)
    one_day = end - start < 15 * DAY_S
    curve = curve_of_the_others(parks, start) if one_day else np.zeros((0, 2))
    for park in (p for p in parks if held_out(p.name)):
        for now in np.arange(since_s, end - 7200, every_s).tolist():
            first, last = np.searchsorted(park.at_s, (now - PAST * SLOT_S - 9000, now), side="right")
            if last - first < 12:
                continue
            past = Past(
                at_us=(park.at_s[first:last] * 1e6).astype(np.int64),
                values=park.free[first:last],
                facts={"totalSpotNumber": park.told_size} if park.told_size else {},
            )
            begun = time.perf_counter()
            steps = free_places(past, round(now * 1e6))
            milliseconds.append((time.perf_counter() - begun) * 1000)
            for step in steps:
                at = step.at_us / 1e6
                minutes, came = round((at - now) / 60), known(park, at, SLOT_S)
                if minutes not in MINUTES or np.isnan(came):
                    continue
                if one_day:
                    then, was = (_curve(curve, park, start, moment) * park.size for moment in (at, now))
                    naive = {"others' curve": then, "from now on": known(park, now) + then - was}
                else:
                    naive = {
                        "yesterday": known(park, at - DAY_S),
                        "last week": known(park, at - WEEK_S),
                        "4-week mean": _mean([known(park, at - n * WEEK_S) for n in (1, 2, 3, 4)]),
                    }
                naive["as now"] = known(park, now)
                misses = {name: abs(told - came) for name, told in naive.items()}
                inside = step.low <= came <= step.high
                yield Score(
                    minutes, park.size, abs(step.value - came), misses, inside, came < step.low, step.high - step.low
                )


def _curve(curve: Array, park: CarPark, start: float, at: float) -> float:
    """Mean share free at all car parks but this one."""
    slot = int((at - start) // SLOT_S)
    own = known(park, start + slot * SLOT_S) / park.size
    total, count = curve[slot] - ((own, 1) if not np.isnan(own) else (0, 0))
    return float(total / max(count, 1))


def _mean(values: list[float]) -> float:
    there = [value for value in values if not np.isnan(value)]
    return sum(there) / len(there) if there else float("nan")


def report(scores: list[Score], milliseconds: list[float]) -> dict[int, dict[str, float]]:
    """Prints the table; gives mean misses by minutes ahead, in places."""
    ways = list(scores[0].naive)
    print(
        f"{'ahead':>7} {'cases':>6} {'model':>8} "
        + " ".join(f"{way:>13}" for way in ways)
        + "   share of naive  band holds"
    )
    table: dict[int, dict[str, float]] = {}
    for minutes in MINUTES:
        here = [score for score in scores if score.minutes == minutes]
        model = float(np.mean([s.model for s in here]))
        naive = {way: float(np.nanmean([s.naive[way] for s in here])) for way in ways}
        best = min(value for way, value in naive.items() if way != "as now")
        held = float(np.mean([s.inside for s in here]))
        below = float(np.mean([s.below for s in here]))
        print(
            f"{minutes:>3} min {len(here):>6} {model:>8.2f} " + " ".join(f"{naive[way]:>13.2f}" for way in ways)
            + f"   {model / best:>8.2f}        {held:.1%} (80 %), {below:.1%} below"
        )  # fmt: skip
        table[minutes] = {"model": model, "held": held} | naive
        harness.figure(
            f"forecast_{minutes}_min", model, "places", ratio=model / best, of="the best naive pattern", target="< 1"
        )
    harness.figure("forecast_time", float(np.median(milliseconds)), "ms", target="< 10")
    return table


def fit(parks: list[CarPark]) -> None:
    """Prints `packs/parking/priors.py`, fitted to the car parks that are not measured."""
    train = [p for p in parks if not held_out(p.name)]
    end = max(p.at_s[-1] for p in train)
    slots = []
    for park in train:
        for now in (end, end - 42 * DAY_S):
            upto = int(np.searchsorted(park.at_s, now, side="right"))
            if upto > 3000:
                slots.append(Slots(park.at_s[:upto], np.clip(park.free[:upto], 0, park.size) / park.size, now))
    print(f"# {len(train)} car parks", file=sys.stderr)
    spreads, priors = [], []
    for columns in LEVELS:
        rows = []
        for ahead in range(1, 9):
            parts = []
            for one in slots:
                x, change = one.features(ahead)[:, columns], ahead_of(one.y, ahead) - one.y
                there = ~np.isnan(x).any(axis=1) & ~np.isnan(change)
                parts.append((x[there], change[there]))
            x, change = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
            weights, *_ = np.linalg.lstsq(x, change)
            missed = change - x @ weights
            rows.append((weights, *np.quantile(missed, (0.1, 0.9))))
            if ahead == 4:
                spreads.append(np.sqrt((x**2).mean(axis=0)))
        priors.append(rows)
    for spread in spreads:
        print("    (" + ", ".join(f"{value:.4f}" for value in spread) + "),")
    for rows in priors:
        print("    (")
        for weights, low, high in rows:
            print("        Prior((" + ", ".join(f"{w:.3f}" for w in weights) + f"), {low:.4f}, {high:.4f}),")
        print("    ),")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=Path, default=samples())
    parser.add_argument("--from", dest="since", default="", help="first day that is measured (with --fit: used)")
    parser.add_argument("--carparks", type=int, default=60)
    parser.add_argument("--every", type=float, default=10_700, help="seconds between two forecasts")
    parser.add_argument("--fit", action="store_true")
    asked = parser.parse_args()
    parks = load(asked.series, since=asked.since if asked.fit else "")
    if asked.fit:
        fit(parks)
        return
    chosen = [p for p in parks if held_out(p.name)][: asked.carparks]
    start = min(p.at_s[0] for p in parks)
    long = max(p.at_s[-1] for p in parks) - start > 15 * DAY_S
    since = datetime.fromisoformat(asked.since).replace(tzinfo=UTC).timestamp() if asked.since else start + 2 * 3600
    print(
        f"{len(chosen)} car parks, {'weeks' if long else 'one day'} of past, from {asked.since or 'its third hour'} on"
    )
    milliseconds: list[float] = []
    others = [p for p in parks if not held_out(p.name)]
    report(list(rolling([*chosen, *others], since, asked.every if long else 1800, milliseconds)), milliseconds)


if __name__ == "__main__":
    main()
