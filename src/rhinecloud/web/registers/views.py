"""What templates draw of a register's form: its fields with what was typed, and what became of the thing so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from rhinecloud.web.language import Words

from .fields import Field, Typed, Wrong, names, rows, text_of
from .register import Register

SPARE: Final = 2
"""Empty rows below those that there are, for who has no script."""


class FieldView(msgspec.Struct, kw_only=True):
    """A field as the template draws it."""

    name: str
    label: str
    kind: str
    hint: str
    unit: str
    required: bool
    fixed: bool
    wide: bool
    width: str
    value: str
    lon: str = ""
    lat: str = ""
    wrong: str = ""
    now: str | None = None  # what somebody else made of it meanwhile
    options: dict[str, str] = {}
    chosen: list[str] = []
    suggest: str = ""
    columns: list[FieldView] = []
    lines: list[list[FieldView]] = []  # of rows
    blank: list[FieldView] = []


class VersionRow(msgspec.Struct, kw_only=True):
    version: int
    at_us: int
    name: str
    gone: bool
    current: bool
    changes: list[tuple[str, str, str]]  # (field, before, after)


def field_view(
    field: Field,
    typed: Typed,
    wrong: Wrong,
    now: Typed | None,
    options: Mapping[str, Mapping[str, str]],
    say: Words,
    at: str = "",
) -> FieldView:
    name = at + field.name
    value = typed.get(name, "")
    other = None
    if now is not None and not at:
        same = all(typed.get(n, "") == now.get(n, "") for n in names(field)) if field.kind != "rows" else True
        other = None if same else " ".join(now.get(n, "") for n in names(field)).strip()
    made = FieldView(
        name=name,
        label=say(field.label),
        kind=field.kind,
        hint=say(field.hint),
        unit=say(field.unit),
        required=field.required,
        fixed=field.fixed,
        wide=field.wide,
        width=field.width,
        value=value,
        lon=typed.get(f"{name}_lon", ""),
        lat=typed.get(f"{name}_lat", ""),
        wrong=say(wrong.get(name) or wrong.get(f"{name}_lon") or wrong.get(f"{name}_lat") or ""),
        now=other,
        options=dict(options.get(field.options, {})),
        chosen=[c.strip() for c in value.split(",") if c.strip()],
        suggest=field.suggest,
    )
    if field.kind == "rows":
        several = rows(typed, field)
        made.columns = [field_view(c, {}, {}, None, options, say) for c in field.columns]
        made.lines = [
            [field_view(c, typed, wrong, None, options, say, f"{field.name}.{n}.") for c in field.columns]
            for n in range(len(several) + SPARE)
        ]
        made.blank = [field_view(c, {}, {}, None, options, say, f"{field.name}.99999.") for c in field.columns]
    return made


def version_rows(register: Register, kept: Any, thing: Any, say: Words) -> list[VersionRow]:
    labels = {n: say(f.label) for f in register.fields for n in names(f)}
    found = []
    for n, (version, was) in enumerate(kept):
        older = next((o for _, o in kept[n + 1 :] if o is not None), None)
        changes = []
        if was is not None and older is not None:
            one, other = _plain(register, older), _plain(register, was)
            changes = [(labels.get(k, k), one.get(k, ""), other.get(k, "")) for k in other if one.get(k) != other[k]]
        found.append(
            VersionRow(
                version=version.version,
                at_us=version.at_us,
                name=version.name or version.who,
                gone=was is None,
                current=thing is not None and version.version == thing.version,
                changes=changes,
            )
        )
    return found


def _plain(register: Register, thing: Any) -> dict[str, str]:
    """A thing as texts by field, its rows joined: for showing what differs."""
    typed, found = register.typed(thing), {}
    for field in register.fields:
        if field.kind == "rows":
            lines = [" ".join(v for v in row.values() if v) for row in rows(typed, field)]
            found[f"{field.name}.{field.columns[0].name}"] = " · ".join(lines)
        elif field.kind == "border":
            found[field.name] = text_of(typed.get(field.name, ""))[:60] + " …"
        else:
            found |= {n: typed.get(n, "") for n in names(field)}
    return found
