"""A register as CSV, out and in: one line a thing, or where it has rows one line a row, each with the thing's id.

Out it is what German spreadsheets open by a double click: UTF-8 with its mark, semicolons. In, comma, semicolon or tab
are found out; columns may stand in any order, and those that are missing stay as they are.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Final, Literal

import msgspec

from rhinecloud.web.language import N_

from .fields import Field, Typed, Wrong, names, rows, spread
from .register import Register, Seen

MOST: Final = 5000
"""Lines of one file."""


class Line(msgspec.Struct, kw_only=True):
    """What one thing of a file would become."""

    id: str
    lines: str  # in the file: "4" or "4–9"
    what: Literal["new", "changed", "same", "wrong"]
    wrong: Wrong  # column → complaint
    changes: list[str]  # columns that differ
    thing: Any = None


class Sheet(msgspec.Struct, kw_only=True):
    """A file as it was understood."""

    found: list[Line]
    unknown: list[str]  # columns that there are not
    error: str = ""  # the file as a whole cannot be read

    def count(self, what: str) -> int:
        return sum(line.what == what for line in self.found)

    @property
    def ready(self) -> bool:
        return not self.error and not self.count("wrong") and bool(self.count("new") + self.count("changed"))


def header(register: Register) -> list[str]:
    return [name for field in register.fields if field.csv for name in names(field)]


def write(register: Register, things: list[Any]) -> str:
    out = io.StringIO()
    made = csv.writer(out, delimiter=";", lineterminator="\r\n")
    columns = header(register)
    made.writerow(columns)
    for thing in things:
        typed = register.typed(thing)
        field = _rows_of(register)
        several = rows(typed, field) if field else []
        for number in range(max(1, len(several))):
            made.writerow([_defused(_value(typed, column, number)) for column in columns])
    return "\ufeff" + out.getvalue()


def read(register: Register, text: str, seen: Seen) -> Sheet:
    """What a file says, thing by thing; nothing is kept."""
    lines = _parsed(text.removeprefix("\ufeff"))
    if not lines:
        return Sheet(found=[], unknown=[], error=N_("There is nothing in it."))
    columns, known = [c.strip() for c in lines[0]], header(register)
    if "id" not in columns:
        return Sheet(found=[], unknown=columns, error=N_("The first line names the columns, and one of them is id."))
    if len(lines) > MOST:
        return Sheet(found=[], unknown=[], error=N_("This is too long: at most 5,000 lines at once."))
    groups: dict[str, list[tuple[int, dict[str, str]]]] = {}
    found: list[Line] = []
    for number, values in enumerate(lines[1:], start=2):
        if not any(v.strip() for v in values):
            continue
        row = {c: v.strip().removeprefix("'") for c, v in zip(columns, values, strict=False) if c in known}
        if not row.get("id"):
            found.append(
                Line(id="", lines=str(number), what="wrong", wrong={"id": N_("Please fill this in.")}, changes=[])
            )
            continue
        groups.setdefault(row["id"], []).append((number, row))
    things = seen.every(register.kind)
    for name, members in groups.items():
        found.append(_line(register, name, members, things.get(name), seen))
    return Sheet(found=found, unknown=[c for c in columns if c not in known and c])


def _line(register: Register, name: str, members: list[tuple[int, dict[str, str]]], before: Any, seen: Seen) -> Line:
    old = register.typed(before) if before is not None else register.empty(seen)
    typed = _merged(register, old, [row for _, row in members])
    thing, wrong = register.read(typed, seen, before)
    first, last = members[0][0], members[-1][0]
    lines = str(first) if first == last else f"{first}–{last}"
    if thing is None:
        return Line(id=name, lines=lines, what="wrong", wrong=wrong, changes=[])
    if before is None:
        return Line(id=name, lines=lines, what="new", wrong={}, changes=[], thing=thing)
    now = register.typed(thing)
    changes = sorted({k.split(".")[0] for k in now.keys() | old.keys() if now.get(k, "") != old.get(k, "")})
    return Line(id=name, lines=lines, what="changed" if changes else "same", wrong={}, changes=changes, thing=thing)


def _merged(register: Register, old: Typed, given: list[dict[str, str]]) -> Typed:
    """What stood there, with the columns of the file in place of it; rows are replaced as a whole."""
    field = _rows_of(register)
    inner = {f"{field.name}.{c.name}" for c in field.columns} if field else set()
    named = inner & given[0].keys()
    typed = {k: v for k, v in old.items() if not (named and field and k.startswith(f"{field.name}."))}
    typed |= {key: value for key, value in given[0].items() if key not in inner}
    if named and field:
        for number, row in enumerate(given):
            typed |= {f"{field.name}.{number}.{key.split('.')[1]}": row.get(key, "") for key in named}
    return spread(typed, register.fields)


def _rows_of(register: Register) -> Field | None:
    return next((f for f in register.fields if f.kind == "rows"), None)


def _value(typed: Typed, column: str, number: int) -> str:
    name, dot, inner = column.partition(".")
    if dot:
        return typed.get(f"{name}.{number}.{inner}", "")
    return typed.get(column, "")


def _defused(value: str) -> str:
    """A text that a spreadsheet would take for a formula is marked as text (CSV injection)."""
    risky = value[:1] in ("=", "+", "@", "\t") or (value[:1] == "-" and not value[1:2].isdigit())
    return f"'{value}" if risky else value


def _parsed(text: str) -> list[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return []
