"""The rules that packs bring: taken over, changed by the city, brought back, switched off with their pack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from rhinecloud.base.errors import Conflict, ResourceNotFound
from tests.conftest import HeldClock

from .city import City, Pack, rule

DECLARED = rule(id="water.flood")
PACK = Pack("water", rules=(DECLARED,))


@pytest.fixture
async def city(tmp_path: Path, held_clock: HeldClock) -> AsyncIterator[City]:
    async with City(tmp_path, held_clock, (PACK,)) as made:
        yield made


def versions(city: City) -> list[tuple[str, str]]:
    return [(v.rule.q, v.who) for v in city.insight.rule_versions("city", "water.flood")]


async def settle(city: City) -> None:
    """Until what a switch sets off is done."""
    await asyncio.sleep(0.01)
    await city.insight.settled()


async def test_a_declared_rule_counts_from_the_start(city: City) -> None:
    await city.level(8.5)
    [alert] = city.raised()
    assert (alert.rule, alert.rule_version, alert.pack) == ("water.flood", 1, "water")
    assert versions(city) == [("level>8", "pack:water")]


async def test_the_city_changes_it_and_takes_that_back(city: City) -> None:
    mine = msgspec.structs.replace(city.insight.rule("city", "water.flood"), q="level>9")
    await city.save(mine)
    assert city.insight.rule_changed("city", "water.flood")
    assert versions(city) == [("level>9", "person:anna"), ("level>8", "pack:water")]
    city.insight.delete_rule("city", "water.flood", "person:anna")
    await city.insight.settled()
    assert city.insight.rule("city", "water.flood").q == "level>8"
    with pytest.raises(Conflict, match="can only be switched off"):
        city.insight.delete_rule("city", "water.flood", "person:anna")


async def test_an_upgrade_of_the_pack_brings_a_version_unless_the_city_has_its_own(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    async with City(tmp_path, held_clock, (PACK,)) as city:
        city.insight.rules("city")
    newer = Pack("water", rules=(rule("level>8.3", id="water.flood"),))
    async with City(tmp_path, held_clock, (newer,)) as city:
        assert city.insight.rule("city", "water.flood").version == 2
        await city.save(msgspec.structs.replace(city.insight.rule("city", "water.flood"), q="level>9"))
    newest = Pack("water", rules=(rule("level>8.4", id="water.flood"),))
    async with City(tmp_path, held_clock, (newest,)) as city:
        assert city.insight.rule("city", "water.flood").q == "level>9"


async def test_a_pack_that_is_switched_off_takes_its_rules_and_alerts_along(city: City) -> None:
    await city.insight.start()
    await city.level(8.5)
    city.on.clear()
    city.insight.switched("city")
    await settle(city)
    assert city.insight.rules("city") == []
    [alert], _ = city.insight.alerts("city")
    assert alert.cleared_why == "pack-off"
    city.on.add("water")
    city.insight.switched("city")
    await settle(city)
    [again] = city.raised()
    assert again.rule == "water.flood" and again.id != alert.id
    assert city.insight.alerts("city")[1] == 2


async def test_what_is_deleted_is_gone_but_its_versions_are_kept(city: City) -> None:
    await city.save(rule("level>5"))
    await city.level(6)
    city.insight.delete_rule("city", "own.flood", "person:anna")
    await city.insight.settled()
    with pytest.raises(ResourceNotFound):
        city.insight.rule("city", "own.flood")
    assert [v.rule.q for v in city.insight.rule_versions("city", "own.flood")] == ["level>5"]
    assert city.insight.alerts("city")[0][0].cleared_why == "rule-deleted"
    again = await city.save(rule("level>7"))
    assert again.version == 3


async def test_an_alert_is_an_entity_until_a_week_after_its_end(city: City) -> None:
    await city.level(8.5)
    await city.tick()
    [alert] = city.raised()
    entity = city.present.get(f"urn:ngsi-ld:Alert:{alert.id}")
    assert entity is not None and "expiresAt" not in entity
    await city.tick(60)
    await city.level(7)
    await city.tick()
    entity = city.present.get(f"urn:ngsi-ld:Alert:{alert.id}")
    assert entity is not None and entity["expiresAt"] == "2026-11-29T10:01:00Z"
    await city.tick(8 * 86_400)
    assert city.present.get(f"urn:ngsi-ld:Alert:{alert.id}") is None
