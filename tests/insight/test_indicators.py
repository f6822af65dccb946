"""Indicators: what they are computed from, their trend, and the entities that they are kept as."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData
from rhinecloud.insight import Indicator, Insight
from rhinecloud.insight.areas import Areas
from rhinecloud.insight.figuring import trend
from tests.conftest import HeldClock

from .city import LABEL, City, Pack, point

WEST = {"type": "Polygon", "coordinates": [[[6, 51], [7, 51], [7, 52], [6, 52], [6, 51]]]}
EAST = {"type": "MultiPolygon", "coordinates": [[[[7, 51], [8, 51], [8, 52], [7, 52], [7, 51]]]]}


def indicator(method: str, **members: object) -> Indicator:
    given: dict[str, object] = {
        "id": f"water.{method}",
        "title": LABEL,
        "unit": "MTR",
        "type": "Gauge",
        "attr": "level",
    }
    return Indicator(**(given | {"method": method} | members))  # type: ignore[arg-type]


PACK = Pack(
    "water",
    indicators=(
        indicator("mean", by_district=True, target=6.0, better="lower"),
        indicator("sum"),
        indicator("min"),
        indicator("max"),
        indicator("count", q="level>5", unit="C62"),
        indicator("share", q="level>5", unit="P1"),
        indicator("ratio", attr="level", of="flow", unit="P1"),
    ),
)


@pytest.fixture
async def city(tmp_path: Path, held_clock: HeldClock) -> AsyncIterator[City]:
    async with City(tmp_path, held_clock, (PACK,)) as made:
        made.insight._areas["city"] = Areas({"West": WEST, "East": EAST})
        yield made


async def tell(city: City) -> None:
    await city.level(4.0, entity="urn:a", flow=10, location=point(6.5, 51.5))
    await city.level(6.0, entity="urn:b", flow=30, location=point(7.5, 51.5))
    await city.level(11.0, entity="urn:c", location=point(7.6, 51.5))


async def test_each_method_computes_what_it_says(city: City) -> None:
    await tell(city)
    await city.insight.compute("city")
    values = {v.id.partition(".")[2]: v.value for v in city.insight.indicators("city")}
    assert values == {"mean": 7.0, "sum": 21.0, "min": 4.0, "max": 11.0, "count": 2, "share": 66.7, "ratio": 25.0}


async def test_districts_have_their_own(city: City) -> None:
    await tell(city)
    await city.insight.compute("city")
    assert city.insight.areas("city") == ["East", "West"]
    [east] = city.insight.indicators("city", area="East")
    assert (east.value, east.count, east.state) == (8.5, 2, "bad")
    [west] = city.insight.indicators("city", area="West")
    assert (west.value, west.state) == (4.0, "good")


async def test_they_are_entities_with_a_past(city: City) -> None:
    await tell(city)
    await city.insight.compute("city")
    [mean] = [v for v in city.insight.indicators("city") if v.id == "water.mean"]
    entity = city.present.get(mean.entity)
    assert entity is not None and entity["type"][0].endswith("/KeyPerformanceIndicator")
    [kpi] = entity["attrs"]["https://smartdatamodels.org/dataModel.KeyPerformanceIndicator/kpiValue"]
    assert (kpi["value"], kpi["unitCode"]) == (7.0, "MTR")
    before = len(city.present.outbox(0))
    await city.insight.compute("city")
    assert len(city.present.outbox(0)) == before, "nothing changed, nothing is written"


async def test_what_insight_writes_itself_makes_no_work(city: City) -> None:
    await tell(city)
    await city.insight.compute("city")
    await city.hear()
    assert city.insight._tenant("city").dirty is False


async def test_the_trend_is_the_slope_of_the_last_hour(city: City) -> None:
    for number in range(13):
        await city.level(4.0 + number / 10)
        await city.insight.compute("city")
        await city.tick(300)
    [mean] = [v for v in city.insight.indicators("city") if v.id == "water.mean"]
    assert mean.trend == pytest.approx(1.2) and len(mean.history) == 13
    assert trend([(0, 1.0), (60 * SECOND, 2.0)], 0) is None


async def test_a_pack_that_is_off_has_none(city: City) -> None:
    await tell(city)
    city.on.clear()
    await city.insight.compute("city")
    assert city.insight.indicators("city") == []


async def test_the_day_before_the_start_is_filled_in_from_the_past(city: City) -> None:
    start = city.clock()
    await city.level(4.0)
    for _ in range(6):
        await city.tick(3600)
        await city.level(city.insight._clock() % 7 + 1.0)
    await city.insight.compute("city")
    here = city.insight._tenant("city")
    await here.indicators.fill(city.histories.open("city"), Areas({}), {"water"}, city.clock())
    [mean] = [v for v in city.insight.indicators("city") if v.id == "water.mean"]
    assert mean.history[0] == (start, 4.0) and len(mean.history) == 7


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (indicator("ratio", of=""), "denominator"),
        (indicator("share"), "condition"),
        (indicator("mean", attr=""), "attribute"),
        (indicator("count", q="level>"), "value is expected"),
        (indicator("mean", type="Gage"), "did you mean Gauge"),
        (indicator("mean", type="KeyPerformanceIndicator"), "never come to rest"),
    ],
)
async def test_what_cannot_be_computed_is_refused(city: City, wrong: Indicator, why: str) -> None:
    made = Insight(city.folder, city.presents, city.histories, _vocabularies(city), city.insight._model)
    with pytest.raises(BadRequestData, match=why):
        made.bring([Pack("other", indicators=(wrong,))])


def _vocabularies(city: City) -> object:
    from rhinecloud.context import Vocabularies

    return Vocabularies(city.insight._model)


async def test_they_are_told_as_they_stood_at_a_moment(city: City) -> None:
    for number in range(6):
        await city.level(4.0 + number)
        await city.insight.compute("city")
        await city.tick(600)
    [mean] = [v for v in await city.insight.indicators_at("city", city.clock() - 2000 * SECOND) if v.id == "water.mean"]
    assert mean.value == 6.0 and mean.at_us <= city.clock() - 2000 * SECOND
    assert [value for _, value in mean.history] == [4.0, 5.0, 6.0]
    await city.tick(40 * 86_400)  # the small table of the last day knows nothing of it any more
    await city.insight.compute("city")
    then = city.clock() - 40 * 86_400 * SECOND - 2000 * SECOND
    [mean] = [v for v in await city.insight.indicators_at("city", then) if v.id == "water.mean"]
    assert mean.value == 6.0 and [value for _, value in mean.history] == [4.0, 5.0, 6.0]
