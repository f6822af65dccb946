"""Packs are found by entry point; what is wrong with one is said, and stops nobody."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import msgspec
import pytest

from rhinecloud.kit import EntityType, Feed, Indicator, Label, Mapping, Pack, Rule, discover, flaws, packs, registry

BOTH = Label(de="x", en="x")
BARE = Pack(id="foreign", title=BOTH, text=BOTH, types=())


@pytest.fixture
def lone(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that a foreign distribution could bring, as the entry point `foreign`."""
    module = ModuleType("a_foreign_pack")
    monkeypatch.setitem(sys.modules, "a_foreign_pack", module)
    point = EntryPoint("foreign", "a_foreign_pack:PACK", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    return module


def _type(name: str, subject: str = "") -> EntityType:
    return EntityType(name=name, label=BOTH, plural=BOTH, subject=subject, icon="x", attributes=())


def _pack(**brings: object) -> Pack:
    return msgspec.structs.replace(BARE, **brings)


def test_a_foreign_pack_is_found_behind_ours(lone: ModuleType) -> None:
    lone.PACK = _pack(types=(_type("Zeppelin"),))  # type: ignore[attr-defined]
    assert [pack.id for pack in packs()] == ["environment", "parking", "emergency", "foreign"]
    assert discover().troubles == ()


TROUBLES = {
    "does not load": (None, "Importing a_foreign_pack:PACK fails: AttributeError"),
    "is another thing": ("a string", "is not a Pack but a str"),
    "has another name": (_pack(id="other"), "gives the pack other; the two names must agree"),
    "takes a type of ours": (
        _pack(types=(_type("WaterObserved", "dataModel.Environment"),)),
        "type WaterObserved: The pack environment declares that type already",
    ),
    "has an id of another's": (
        _pack(rules=(Rule(id="parking.full", title=BOTH, text=BOTH, type="Zeppelin", q="gas<1"),)),
        "rule parking.full: The id is not the pack's own",
    ),
    "has a rule that cannot be read": (
        _pack(rules=(Rule(id="foreign.low", title=BOTH, text=BOTH, type="WaterObserved", q="height<(1"),)),
        "rule foreign.low: q:",
    ),
    "has an indicator of nothing": (
        _pack(indicators=(Indicator(id="foreign.gas", title=BOTH, unit="C62", type="WaterObserved"),)),
        "Indicator foreign.gas: mean needs an attribute",
    ),
    "has a mapping that cannot work": (
        _pack(mappings=(Mapping(id="foreign.m", label=BOTH, body={"attributes": [{"nome": "gas"}]}),)),
        "mapping foreign.m: The mapping is not of its form",
    ),
    "has a feed that cannot be asked": (
        _pack(
            feeds=(
                Feed(
                    id="foreign.f",
                    label=BOTH,
                    url="ftp://x",
                    format="morse",
                    interval_s=60,
                    licence="x",
                    attribution="x",
                ),
            )
        ),
        "feed foreign.f: Format 'morse' does not exist",
    ),
    "is no sound value": (_pack(types=("Zeppelin",)), "The declarations cannot be read: AttributeError"),
}


@pytest.mark.parametrize(("given", "told"), TROUBLES.values(), ids=TROUBLES.keys())
def test_a_pack_that_cannot_work_is_left_out_and_said(lone: ModuleType, given: object, told: str) -> None:
    if given is not None:
        lone.PACK = given  # type: ignore[attr-defined]
    found = discover()
    assert [pack.id for pack in found.packs] == ["environment", "parking", "emergency"]
    (trouble,) = found.troubles
    assert trouble.id == "foreign"
    assert told in trouble.detail
    assert trouble.remedy


def test_a_pack_cannot_take_the_name_of_one_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("parking", "a_foreign_pack:PACK", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    found = discover()
    assert [pack.id for pack in found.packs] == ["environment", "parking", "emergency"]
    assert found.troubles[0].detail == "There is a pack parking already"


def test_a_rule_that_only_never_comes_true_keeps_no_pack_out(lone: ModuleType) -> None:
    rule = Rule(id="foreign.low", title=BOTH, text=BOTH, type="WaterObserved", q="heigth<1")
    lone.PACK = _pack(rules=(rule,), needs=("WaterObserved",))  # type: ignore[attr-defined]
    assert [pack.id for pack in discover().packs] == ["environment", "parking", "emergency", "foreign"]
    (flaw,) = (flaw for flaw in flaws(lone.PACK, packs()[:2]) if flaw.where == "rule foreign.low")  # type: ignore[attr-defined]
    assert "did you mean height" in flaw.detail and not flaw.fatal
