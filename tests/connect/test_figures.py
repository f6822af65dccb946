"""Quality figures: counted by source and hour, kept, and honest about what did not come."""

from __future__ import annotations

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.base.model import Change, Changes, Flag
from rhinecloud.connect import Connect, Device, Figures, Tables

WATER = "https://smartdatamodels.org/dataModel.Environment/WaterObserved"
TEN = parse_us("2026-11-22T10:00:00Z")
MINUTE = 60 * SECOND


def changes(*rows: tuple[str, str, int, int], tenant: str = "city") -> Changes:
    """(source, entity, observed µs, flags) each; a type that reports every 900 s."""
    made = Changes(tenant, 1, TEN)
    for source, entity, observed, flags in rows:
        made.entity.append(entity)
        made.type.append(WATER)
        made.attr.append("https://x/waterLevel")
        made.dataset.append("")
        made.change.append(Change.CHANGED)
        made.observed_us.append(observed)
        made.received_us.append(observed)
        made.number.append(8.0)
        made.body.append(None)
        made.flags.append(flags)
        made.source.append(source)
        made.raw.append("")
        made.seen.append(False)
    return made


def test_figures_of_an_hour(connect: Connect, held_clock) -> None:
    flags = (0, int(Flag.RANGE), int(Flag.LATE), int(Flag.TYPE | Flag.JUMP))
    rows = [("device:g", "urn:g", TEN + n * 15 * MINUTE, flags[n]) for n in range(4)]
    connect.figures.feed(changes(*rows))
    held_clock.us = TEN + 60 * MINUTE
    (figure,) = connect.figures.sources("city", since_us=TEN, until_us=held_clock.us)
    assert (figure.source, figure.readings, figure.observations) == ("device:g", 4, 4)
    assert figure.expected == 4
    assert (figure.completeness, figure.timeliness, figure.validity, figure.plausibility) == (1.0, 0.75, 0.75, 0.5)


def test_hours_in_which_nothing_came_show(connect: Connect) -> None:
    connect.figures.feed(changes(("device:g", "urn:g", TEN, 0), ("device:g", "urn:g", TEN + 180 * MINUTE, 0)))
    hours = connect.figures.hours("city", "device:g", until_us=TEN + 240 * MINUTE)
    assert [h.readings for h in hours] == [1, 0, 0, 1]
    assert [h.completeness for h in hours] == [0.25, 0.0, 0.0, 0.25]
    assert hours[1].timeliness is None


def test_the_same_reading_with_two_attributes_counts_once(connect: Connect) -> None:
    connect.figures.feed(changes(("device:g", "urn:g", TEN, 0), ("device:g", "urn:g", TEN, 0)))
    (figure,) = connect.figures.sources("city", until_us=TEN + 60 * MINUTE)
    assert (figure.readings, figure.observations) == (1, 2)


def test_what_the_outbox_holds_is_counted_as_what_it_was_packed_from(connect: Connect) -> None:
    rows = [("device:g", "urn:g", TEN, 0), ("person:ada", "urn:g", TEN, 0)]
    connect.figures.feed(changes(*rows))
    connect.figures.feed(changes(("person:ada", "urn:h", TEN, 0)))
    (figure,) = connect.figures.sources("city", until_us=TEN + 60 * MINUTE)
    assert (figure.source, figure.readings, figure.observations) == ("device:g", 1, 1)


def test_figures_outlive_the_process_and_belong_to_their_tenant(connect: Connect, tenants, model, held_clock) -> None:
    connect.figures.feed(changes(("device:g", "urn:g", TEN, 0)))
    connect.figures.feed(changes(("device:h", "urn:h", TEN, 0), tenant="port"))
    connect.flush()
    tables = Tables(tenants)
    again = Figures(tables, model=model, clock=held_clock)
    again.feed(changes(("device:g", "urn:g", TEN + 15 * MINUTE, 0)))
    again.flush()
    (figure,) = again.sources("city", until_us=TEN + 60 * MINUTE)
    assert (figure.source, figure.readings) == ("device:g", 2)
    tables.close()


def test_a_devices_own_interval_goes_over_its_types(connect: Connect) -> None:
    connect.registry.add("city", Device(id="g", interval_s=300))
    connect.figures.feed(changes(("device:g", "urn:g", TEN, 0), ("file:x.csv", "urn:x", TEN, 0)))
    by_source = {f.source: f for f in connect.figures.sources("city", until_us=TEN + 60 * MINUTE)}
    assert by_source["device:g"].expected == 12
    assert by_source["file:x.csv"].completeness is None


def test_silent_sources_are_found(connect: Connect, held_clock) -> None:
    connect.figures.feed(changes(("feed:p", "urn:a", TEN, 0), ("feed:p", "urn:b", TEN + 45 * MINUTE, 0)))
    held_clock.us = TEN + 46 * MINUTE
    assert [s.entity for s in connect.figures.silent("city")] == ["urn:a"]
    held_clock.us = TEN + 91 * MINUTE
    assert [s.entity for s in connect.figures.silent("city")] == ["urn:a", "urn:b"]
