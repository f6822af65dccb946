"""Packs are found by entry point; what is wrong with one is said."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from rhinecloud.base.errors import InvalidRequest
from rhinecloud.kit import EntityType, Label, Pack, packs, registry

BOTH = Label(de="x", en="x")


@pytest.fixture
def lone(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that a foreign distribution could bring, as the entry point `foreign`."""
    module = ModuleType("a_foreign_pack")
    monkeypatch.setitem(sys.modules, "a_foreign_pack", module)
    point = EntryPoint("foreign", "a_foreign_pack:PACK", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    return module


def _type(name: str, subject: str) -> EntityType:
    return EntityType(name=name, label=BOTH, plural=BOTH, subject=subject, icon="x", attributes=())


def test_a_foreign_pack_is_found_beside_ours(lone: ModuleType) -> None:
    lone.PACK = Pack(id="foreign", title=BOTH, text=BOTH, types=(_type("Zeppelin", ""),))  # type: ignore[attr-defined]
    assert [pack.id for pack in packs()] == ["environment", "foreign", "parking"]


def test_a_pack_under_another_name_is_refused(lone: ModuleType) -> None:
    lone.PACK = Pack(id="other", title=BOTH, text=BOTH, types=())  # type: ignore[attr-defined]
    with pytest.raises(InvalidRequest, match="must agree"):
        packs()


def test_two_packs_cannot_declare_the_same_type(lone: ModuleType) -> None:
    lone.PACK = Pack(id="foreign", title=BOTH, text=BOTH, types=(_type("WaterObserved", "dataModel.Environment"),))  # type: ignore[attr-defined]
    with pytest.raises(InvalidRequest, match="environment and foreign both declare"):
        packs()


def test_what_is_no_pack_or_does_not_load_is_named(lone: ModuleType) -> None:
    with pytest.raises(InvalidRequest, match="foreign does not load"):
        packs()
    lone.PACK = "a string"  # type: ignore[attr-defined]
    with pytest.raises(InvalidRequest, match="is not a Pack"):
        packs()
