"""The suite that every pack passes, ours and anybody's, as pytest tests.

    from rhinecloud.kit.suite import *

    @pytest.fixture
    def pack() -> Pack:
        return PACK

A pack's own tests may give a fixture `exceptions`, too: what it does not meet, by the place that the suite names, with
the reason. A reason that is no longer needed fails, so that the list stays true.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from .check import Flaw, flaws
from .pack import Pack
from .registry import packs
from .trials import trials

__all__ = [
    "exceptions",
    "test_a_pack_imports_the_kit_and_its_own_files_and_draws_on_nothing_outside",
    "test_the_declarations_are_sound",
    "test_the_documents_of_a_pack_are_not_longer_than_people_read",
    "test_the_exceptions_are_still_needed",
    "test_the_simulator_is_repeatable_possible_and_makes_every_rule_true",
]

_OUTSIDE = {"random", "socket", "httpx", "requests", "urllib", "time", "secrets"}
_FOUND: dict[str, tuple[list[Flaw], list[Flaw]]] = {}


@pytest.fixture
def exceptions() -> dict[str, str]:
    """What the pack does not meet, and why: nothing, unless its tests say so."""
    return {}


def test_the_declarations_are_sound(pack: Pack, exceptions: dict[str, str]) -> None:
    """Unique ids, units, ranges, both languages, references that lead somewhere, rules that can be read, README."""
    _none(_looked(pack)[0], exceptions)


def test_the_simulator_is_repeatable_possible_and_makes_every_rule_true(pack: Pack, exceptions: dict[str, str]) -> None:
    _none(_looked(pack)[1], exceptions)


def test_the_exceptions_are_still_needed(pack: Pack, exceptions: dict[str, str]) -> None:
    places = {flaw.where for found in _looked(pack) for flaw in found}
    assert not exceptions.keys() - places, "these are met now; take them off the list"
    assert all(reason.strip() for reason in exceptions.values()), "an exception has a reason"


def test_a_pack_imports_the_kit_and_its_own_files_and_draws_on_nothing_outside(pack: Pack) -> None:
    """No other room and no other pack; no clock, no network, no chance of its own."""
    package = _package(pack)
    for file in sorted(Path(str(import_module(package).__file__)).parent.rglob("*.py")):
        for name in _imports(file):
            own = name == package or name.startswith(f"{package}.")
            room = name.startswith("rhinecloud.") or name == "rhinecloud"
            assert own or not room or name == "rhinecloud.kit", f"{file.name} imports {name}; use rhinecloud.kit"
            assert name.split(".")[0] not in _OUTSIDE, f"{file.name} imports {name}; the kit gives time and chance"


def test_the_documents_of_a_pack_are_not_longer_than_people_read(pack: Pack) -> None:
    assert 200 < len(pack.readme) < 12_000, "a README tells the purpose, and is read in five minutes"
    assert len(pack.text.en) < 240 and len(pack.text.de) < 240, "one or two sentences"


def _looked(pack: Pack) -> tuple[list[Flaw], list[Flaw]]:
    """Found once a pack; playing a year takes a second or two."""
    if pack.id not in _FOUND:
        others = [other for other in packs() if other.id != pack.id]
        _FOUND[pack.id] = (flaws(pack, others), trials(pack, others))
    return _FOUND[pack.id]


def _none(found: Iterable[Flaw], exceptions: dict[str, str]) -> None:
    left = [f"{flaw.where}: {flaw.detail}. {flaw.remedy}" for flaw in found if flaw.where not in exceptions]
    assert not left, "\n".join(left)


def _package(pack: Pack) -> str:
    """The package whose first page this is: found by the module of what it brings."""
    sources = [pack.simulator, *(r.read for r in pack.readers), *(p.render for p in pack.publications)]
    module = next((s.__module__ for s in sources if s is not None), "")
    assert module, "a pack without a simulator, reader or publication has no code to look at"
    package = module.rpartition(".")[0]
    while package and not hasattr(import_module(package), "PACK"):
        package = package.rpartition(".")[0]
    return package or module


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
