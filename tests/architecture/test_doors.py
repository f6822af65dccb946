"""Outside a room, import the room, never a file inside it; `base`, a shelf of vocabularies, is imported by file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "rhinecloud"
ROOMS = sorted(p.name for p in SOURCE.iterdir() if (p / "__init__.py").exists())

# File inside a room, imported from outside it, with the reason.
ALLOWED = {
    "rhinecloud.kit.simulate": "the child process alone needs it, and it loads the MQTT client",
}

# Doors that are longer than 60 lines, with the reason.
LONG = {
    "connect": "the way in has many doors, and feeds of warnings are fetched as carefully as any",
    "kit": "all that a pack of anybody may import stands in one list",
    "operations": "a command centre works with many kinds of things, and screens name each",
}


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module if not node.level else _absolute(file, node)


def _absolute(file: Path, node: ast.ImportFrom) -> str:
    parts = file.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join((*parts[: len(parts) - node.level], node.module or ""))


def _violations() -> Iterator[str]:
    for file in SOURCE.rglob("*.py"):
        own = file.relative_to(SOURCE).parts[0]
        for name in _imports(file):
            parts = name.split(".")
            if (
                parts[0] != "rhinecloud"
                or len(parts) < 3
                or parts[1] in (own, "base", "packs")
                or parts[1] not in ROOMS
            ):
                continue
            if name not in ALLOWED:
                yield f"{file.relative_to(SOURCE)} imports {name}; import it from rhinecloud.{parts[1]}"


def test_rooms_are_entered_by_their_doors() -> None:
    assert sorted(_violations()) == []


@pytest.mark.parametrize("room", [r for r in ROOMS if r not in ("base", "packs")])
def test_a_door_says_what_comes_in_what_goes_out_and_lists_what_it_gives(room: str) -> None:
    text = (SOURCE / room / "__init__.py").read_text("utf-8")
    head = ast.get_docstring(ast.parse(text)) or ""
    assert text.count("\n") <= (160 if room in LONG else 60)
    assert "In:" in head and "Out:" in head, "the head of a door says what comes in and what goes out"
    door = import_module(f"rhinecloud.{room}")
    names = list(door.__all__)
    assert len(set(names)) == len(names)
    assert all(hasattr(door, name) for name in names)
