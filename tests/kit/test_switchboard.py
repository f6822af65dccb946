"""Packs are switched on and off, tenant by tenant, at run time, and it lasts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rhinecloud.base.errors import NonexistentTenant, ResourceNotFound
from rhinecloud.kit import EntityType, Label, Pack, Switchboard
from tests.conftest import HeldClock

BOTH = Label(de="x", en="x")


def _pack(name: str, *types: str, on: bool = True, needs: tuple[str, ...] = ()) -> Pack:
    kinds = tuple(EntityType(name=t, label=BOTH, plural=BOTH, subject="", icon="x", attributes=()) for t in types)
    return Pack(id=name, title=BOTH, text=BOTH, types=kinds, on_by_default=on, needs=needs)


PACKS = (_pack("air", "Balloon"), _pack("sea", "Ship", needs=("Balloon",)), _pack("shy", on=False))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for tenant in ("city", "other"):
        (tmp_path / tenant).mkdir()
    return tmp_path


def test_where_nobody_decided_a_pack_is_as_it_says_itself(folder: Path) -> None:
    board = Switchboard(folder, PACKS)
    assert [pack.id for pack in board.on("city")] == ["air", "sea"]
    assert not board.is_on("city", "shy")
    assert board.decision("city", "air") is None


def test_a_decision_holds_for_one_tenant_and_after_a_restart(folder: Path, held_clock: HeldClock) -> None:
    Switchboard(folder, PACKS, clock=held_clock).switch("city", "air", on=False, who="anna")
    board = Switchboard(folder, PACKS)
    assert board.ids("city") == {"sea"}
    assert board.ids("other") == {"air", "sea"}
    decision = board.decision("city", "air")
    assert decision and (decision.on, decision.by, decision.at) == (False, "anna", "2026-11-22T10:00:00Z")


def test_watchers_hear_of_a_switch_when_it_already_holds(folder: Path) -> None:
    board = Switchboard(folder, PACKS)
    heard: list[tuple[str, bool]] = []
    board.watchers.append(lambda tenant: heard.append((tenant, board.is_on(tenant, "shy"))))
    board.switch("city", "shy", on=True, who="anna")
    assert heard == [("city", True)]


def test_a_watcher_that_fails_keeps_nothing_from_the_others(folder: Path) -> None:
    board = Switchboard(folder, PACKS)
    heard: list[str] = []

    def broken(tenant: str) -> None:
        raise RuntimeError(tenant)

    board.watchers += [broken, heard.append]
    board.switch("city", "air", on=False, who="anna")
    assert heard == ["city"]


def test_what_another_process_decided_holds_within_a_second(folder: Path) -> None:
    board, elsewhere = Switchboard(folder, PACKS), Switchboard(folder, PACKS)
    assert board.is_on("city", "air")
    elsewhere.switch("city", "air", on=False, who="command line")
    end = time.monotonic() + 3
    while board.is_on("city", "air") and time.monotonic() < end:
        time.sleep(0.1)
    assert not board.is_on("city", "air")


def test_types_are_those_of_the_packs_that_are_on(folder: Path) -> None:
    board = Switchboard(folder, PACKS)
    assert {name.rsplit("/", 1)[-1] for name in board.types("city")} == {"Balloon", "Ship"}
    board.switch("city", "air", on=False, who="anna")
    assert {name.rsplit("/", 1)[-1] for name in board.types("city")} == {"Ship"}
    assert board.missing("city", "sea") == ("Balloon",)


def test_what_is_not_installed_or_not_there_is_said(folder: Path) -> None:
    board = Switchboard(folder, PACKS)
    with pytest.raises(ResourceNotFound, match="there are air, sea, shy"):
        board.switch("city", "land", on=True, who="anna")
    with pytest.raises(NonexistentTenant):
        board.switch("atlantis", "air", on=True, who="anna")


def test_a_broken_file_means_what_packs_say_themselves(folder: Path) -> None:
    (folder / "city" / "packs.json").write_text("{", "utf-8")
    assert Switchboard(folder, PACKS).ids("city") == {"air", "sea"}
