"""What playing a pack's simulator finds; each case is a pack with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from rhinecloud.kit import Attribute, EntityType, Label, Pack, Rule, Thing, World, flaws, trials

BOTH = Label(de="x", en="x")
HIVE = EntityType(
    name="Hive",
    label=BOTH,
    plural=BOTH,
    subject="",
    icon="x",
    main="weight",
    attributes=(
        Attribute(name="weight", label=BOTH, unit="KGM", minimum=5, maximum=90, max_rate=3, decimals=1),
        Attribute(name="dataProvider", label=BOTH, kind="text"),
        Attribute(name="mood", label=BOTH, kind="text", options=("calm", "angry")),
    ),
)
HEAVY = Rule(id="bees.heavy", title=BOTH, text=BOTH, type="Hive", q="weight>40", until_q="weight<38")
README = "# Bees\n## Purpose\n## Sources\n## Standards\n## Known limits\n"


def _weigh(noise: Callable[[float], float], at: float) -> dict[str, Any]:
    return {"weight": round(40 + 4 * noise(at), 2)}


def _bees(measure: Callable[[Callable[[float], float], float], dict[str, Any]] = _weigh, **fixed: Any) -> Pack:
    def things(world: World) -> list[Thing]:
        noise = world.noise("hive", 86_400)
        return [
            Thing(
                device="hive-1",
                name="Hive",
                type="Hive",
                entity="urn:ngsi-ld:Hive:1",
                location=(6.76, 51.43),
                interval_s=60,
                measure=lambda at: measure(noise, at),
                fixed={"dataProvider": "test (simulated)", **fixed},
            )
        ]

    return Pack(id="bees", title=BOTH, text=BOTH, types=(HIVE,), rules=(HEAVY,), simulator=things, readme=README)


def test_a_sound_pack_has_no_flaw() -> None:
    assert flaws(_bees()) == []
    assert trials(_bees()) == []


def test_without_a_simulator_there_is_nothing_to_play() -> None:
    assert trials(msgspec.structs.replace(_bees(), simulator=None)) == []


calls = iter(range(10**9))
WRONG: dict[str, tuple[Pack, str, str]] = {
    "too heavy": (_bees(lambda noise, at: {"weight": 200 + noise(at)}), "Hive.weight", "It is above 90"),
    "no number": (_bees(lambda noise, at: {"weight": str(noise(at))}), "Hive.weight", "It is no number"),
    "a leap": (
        _bees(lambda noise, at: {"weight": 20 + 40 * (at // 3600 % 2) + noise(at)}),
        "Hive.weight",
        "by more than 3",
    ),
    "not declared": (_bees(lambda noise, at: {"weight": 41 + noise(at), "honey": 1}), "Hive.honey", "not declared"),
    "no such word": (_bees(mood="furious"), "Hive.mood", "none of calm, angry"),
    "other each time": (
        _bees(lambda noise, at: {"weight": 41 + next(calls) % 7 / 10}),
        "simulator",
        "The same seed gives other values",
    ),
    "the same for all seeds": (_bees(lambda noise, at: {"weight": 41}), "simulator", "Another seed gives the same"),
    "does not say that it is simulated": (
        _bees(dataProvider="The bees"),
        "hive-1",
        "does not say that it is simulated",
    ),
    "a rule that nothing makes true": (
        _bees(lambda noise, at: {"weight": 20 + noise(at)}),
        "rule bees.heavy",
        "Nothing that is simulated makes it true",
    ),
    "fails": (_bees(lambda noise, at: {"weight": 1 / 0}), "simulator", "It fails: ZeroDivisionError"),
}


@pytest.mark.parametrize(("pack", "where", "detail"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_found_and_said(pack: Pack, where: str, detail: str) -> None:
    found = trials(pack)
    assert any(where in flaw.where and detail in flaw.detail for flaw in found), found
    assert all(flaw.remedy for flaw in found)
