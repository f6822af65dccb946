"""Fields of forms: what is asked, and reading what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.declare import Label
from rhinecloud.web.language import N_

Typed = dict[str, str]
Wrong = dict[str, str]
"""Field → complaint in English, translated where it is shown; "": the form as a whole."""

MOST_ROWS: Final = 200
_ROW: Final = re.compile(r"([a-z_]+)\.(\d{1,4})\.([a-z_]+)\Z")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})\Z")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field. `label`, `hint` and `unit` are English; translated where they are shown."""

    name: str
    label: str
    kind: Literal["text", "long", "number", "tags", "choice", "choices", "yes", "time", "point", "border", "rows"] = (
        "text"
    )
    hint: str = ""
    unit: str = ""
    options: str = ""  # name of a set of choices of the register
    suggest: str = ""  # name of a list of words to choose from
    required: bool = False
    fixed: bool = False  # stays as it is once the thing is there
    wide: bool = False
    columns: tuple[Field, ...] = ()  # of rows
    csv: bool = True
    width: Literal["", "narrow", "small", "large"] = ""  # of a column of rows


def spread(given: Mapping[str, str], fields: Sequence[Field]) -> Typed:
    """What a form sent, as texts by name: choices joined, empty rows gone and the others numbered from 0."""
    typed: Typed = {}
    for field in fields:
        if field.kind == "rows":
            typed |= _rows(given, field)
        elif field.kind == "choices":
            chosen = [key.partition(":")[2] for key in given if key.startswith(f"{field.name}:")]
            typed[field.name] = ", ".join(chosen) or given.get(field.name, "")
        elif field.kind == "yes":
            typed[field.name] = "1" if truth(given.get(field.name, "")) else ""
        elif field.kind == "point":
            typed |= {f"{field.name}_{axis}": given.get(f"{field.name}_{axis}", "").strip() for axis in ("lon", "lat")}
        else:
            typed[field.name] = given.get(field.name, "").strip()
    return typed


def _rows(given: Mapping[str, str], field: Field) -> Typed:
    by_number: dict[int, dict[str, str]] = {}
    for key, value in given.items():
        if (match := _ROW.match(key)) and match[1] == field.name:
            by_number.setdefault(int(match[2]), {})[match[3]] = value.strip()
    ignored = {c.name for c in field.columns if c.kind in ("choice", "yes")}
    typed: Typed = {}
    kept = [by_number[n] for n in sorted(by_number)]
    kept = [row for row in kept if any(v for k, v in row.items() if k not in ignored)]
    for number, row in enumerate(kept[:MOST_ROWS]):
        typed |= {f"{field.name}.{number}.{c.name}": row.get(c.name, "") for c in field.columns}
    return typed


def rows(typed: Typed, field: Field) -> list[dict[str, str]]:
    """The rows of a field, in order."""
    found: list[dict[str, str]] = []
    while any(f"{field.name}.{len(found)}.{c.name}" in typed for c in field.columns):
        found.append({c.name: typed.get(f"{field.name}.{len(found)}.{c.name}", "") for c in field.columns})
    return found


def put_rows(name: str, given: Iterable[Mapping[str, Any]]) -> Typed:
    """Rows as texts by name."""
    return {f"{name}.{n}.{key}": text_of(value) for n, row in enumerate(given) for key, value in row.items()}


def names(field: Field) -> list[str]:
    """The names under which a field stands in a form or in CSV."""
    if field.kind == "point":
        return [f"{field.name}_lon", f"{field.name}_lat"]
    if field.kind == "rows":
        return [f"{field.name}.{column.name}" for column in field.columns]
    return [field.name]


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Reading:
    """Reads a form field by field; what cannot be read is noted, and a stand-in is given so that reading goes on."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self.wrong: Wrong = {}

    def complain(self, name: str, text: str) -> None:
        self.wrong.setdefault(name, text)

    def text(self, name: str, *, most: int = 200) -> str:
        return self.typed.get(name, "").strip()[:most]

    def needed(self, name: str, *, most: int = 200) -> str:
        found = self.text(name, most=most)
        if not found:
            self.complain(name, N_("Please fill this in."))
        return found

    def id(self, name: str = "id") -> str:
        found = self.needed(name, most=64)
        if found and not _ID.match(found):
            self.complain(name, N_("Letters, digits, dots and dashes only, beginning with a letter or digit."))
        return found

    def label(self, name: str) -> Label:
        """A text in both languages; one is enough, the other then says the same."""
        de, en = self.text(f"{name}_de"), self.text(f"{name}_en")
        if not de and not en:
            self.complain(f"{name}_de", N_("Please fill this in."))
        return Label(de=de or en, en=en or de)

    def number(self, name: str, *, low: float, high: float, default: float | None = None) -> float:
        text = self.text(name).replace(" ", "").replace(",", ".")
        if not text and default is not None:
            return default
        try:
            found = float(text)
        except ValueError:
            found = float("nan")
        if not low <= found <= high:
            self.complain(name, N_("Please give a number that is possible here."))
            return low
        return found

    def whole(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        found = self.number(name, low=low, high=high, default=default)
        if found != int(found):
            self.complain(name, N_("Please give a whole number."))
        return int(found)

    def tags(self, name: str) -> tuple[str, ...]:
        return tags(self.typed.get(name, ""))

    def one_of(self, name: str, known: Iterable[str], default: str = "") -> str:
        found = self.text(name) or default
        if found not in set(known):
            self.complain(name, N_("Please choose one of those that there are."))
        return found

    def some_of(self, name: str, known: Iterable[str]) -> tuple[str, ...]:
        found, there = self.tags(name), set(known)
        if not set(found) <= there:
            self.complain(name, N_("Please choose one of those that there are."))
        return tuple(f for f in found if f in there)

    def yes(self, name: str) -> bool:
        return truth(self.typed.get(name, ""))

    def minute(self, name: str) -> int:
        """A time of the day; midnight where none is given."""
        text = self.text(name)
        match = _TIME.match(text)
        if text and (not match or int(match[1]) > 23 or int(match[2]) > 59):
            self.complain(name, N_("Please give a time such as 07:30."))
            return 0
        return int(match[1]) * 60 + int(match[2]) if match else 0

    def point(self, name: str, *, required: bool = False) -> tuple[float, float] | None:
        lon, lat = self.text(f"{name}_lon"), self.text(f"{name}_lat")
        if not lon and not lat:
            if required:
                self.complain(f"{name}_lon", N_("Please fill this in."))
            return None
        before = len(self.wrong)
        found = (
            self.number(f"{name}_lon", low=-180, high=180),
            self.number(f"{name}_lat", low=-90, high=90),
        )
        return found if len(self.wrong) == before else None


def tags(text: str) -> tuple[str, ...]:
    """Words separated by commas, semicolons or line ends, each once."""
    return tuple(dict.fromkeys(t for t in (part.strip()[:64] for part in re.split(r"[,;\n|]", text)) if t))


def truth(text: str) -> bool:
    return text.strip().lower() in ("1", "true", "yes", "ja", "x", "on", "wahr")


def text_of(value: Any) -> str:
    """A value as it stands in a form."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, float):
        return f"{value:.7f}".rstrip("0").rstrip(".")
    if isinstance(value, tuple | list):
        return ", ".join(str(v) for v in value)
    return str(value)


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def put_label(name: str, label: Label) -> Typed:
    return {f"{name}_de": label.de, f"{name}_en": label.en}


def put_point(name: str, place: tuple[float, float] | None) -> Typed:
    lon, lat = place or (None, None)
    return {f"{name}_lon": text_of(lon), f"{name}_lat": text_of(lat)}


def label_fields(name: str, de: str, en: str) -> tuple[Field, Field]:
    """A text in both languages; whichever is given is enough."""
    return (
        Field(name=f"{name}_de", label=de),
        Field(name=f"{name}_en", label=en, hint=N_("Empty: the same in both languages.")),
    )
