"""A mapping as rows of a form, and back; what the rows do not show stays as it was written."""

from __future__ import annotations

from collections.abc import Mapping as Given
from typing import Any, Final

import msgspec

from .rule_form import number

EMPTY_ROWS: Final = 3
MOST_ROWS: Final = 60
FORMS: Final = ("auto", "iso", "s", "ms", "us", "ns")
TIMES: Final = frozenset(("observedat", "time", "timestamp", "ts", "datetime", "date"))
"""Names under which messages usually say their time, lower case."""
_TOP: Final = ("title", "topic", "each", "entity", "type")


class Row(msgspec.Struct, kw_only=True):
    """One attribute."""

    name: str = ""
    path: str = ""
    unit_in: str = ""
    scale: str = ""
    more: str = ""  # members that have no field, as JSON


class MappingForm(msgspec.Struct, kw_only=True):
    """What stands in the fields."""

    id: str = ""
    title: str = ""
    topic: str = ""
    each: str = ""
    entity: str = ""
    type: str = ""
    time_path: str = ""
    time_form: str = "auto"
    time_zone: str = ""
    rows: list[Row] = []
    base: str = "{}"  # the mapping as it was opened, as JSON


def form_of(document: Given[str, Any]) -> MappingForm:
    """The form of a mapping (its JSON object)."""
    time = document.get("time") or {}
    rows = []
    for attribute in document.get("attributes", ()):
        more = {k: v for k, v in attribute.items() if k not in ("name", "path", "unit_in", "scale")}
        rows.append(
            Row(
                name=str(attribute.get("name", "")),
                path=str(attribute.get("path", "")),
                unit_in=str(attribute.get("unit_in", "")),
                scale=_plain(attribute["scale"]) if "scale" in attribute else "",
                more=msgspec.json.encode(more).decode() if more else "",
            )
        )
    return MappingForm(
        **{name: str(document.get(name, "")) for name in ("id", *_TOP)},
        time_path=str(time.get("path", "")),
        time_form=str(time.get("form", "auto")),
        time_zone=str(time.get("zone", "")),
        rows=[*rows, *(Row() for _ in range(EMPTY_ROWS))],
        base=msgspec.json.encode({k: v for k, v in document.items() if k != "version"}).decode(),
    )


def read(typed: Given[str, str]) -> tuple[MappingForm, dict[str, Any], str]:
    """(the form as it was typed, the mapping that it says, what is wrong with the form itself)."""
    wrong = ""
    rows = []
    for at in range(MOST_ROWS):
        row = Row(
            **{name: typed.get(f"{name}.{at}", "").strip() for name in ("name", "path", "unit_in", "scale", "more")}
        )
        if row != Row():
            rows.append(row)
    form = MappingForm(
        id=typed.get("mapping_id", "").strip(),
        **{name: typed.get(name, "").strip() for name in (*_TOP, "time_path", "time_zone")},
        time_form=typed.get("time_form", "auto") if typed.get("time_form") in FORMS else "auto",
        rows=[*rows, *(Row() for _ in range(EMPTY_ROWS))],
        base=typed.get("base", "{}"),
    )
    document = {k: v for k, v in _object(form.base).items() if k not in (*_TOP, "id", "time", "attributes", "version")}
    document |= {"id": form.id} | {name: value for name in _TOP if (value := getattr(form, name))}
    if form.time_path:
        kept = _object(form.base).get("time") or {}
        document["time"] = kept | {"path": form.time_path, "form": form.time_form}
        document["time"].pop("zone", None)
        if form.time_zone:
            document["time"]["zone"] = form.time_zone
    document["attributes"] = []
    for row in rows:
        more = _object(row.more)
        if row.more and not more:
            wrong = row.more
        attribute: dict[str, Any] = more | {"name": row.name}
        attribute |= {k: v for k, v in (("path", row.path), ("unit_in", row.unit_in)) if v}
        if row.scale and (scale := number(row.scale)) is not None:
            attribute["scale"] = scale
        if row.name:
            document["attributes"].append(attribute)
    return form, document, wrong


def proposed(mapping_id: str, message: bytes, names: Given[str, str]) -> dict[str, Any]:
    """A first mapping for a message: a row for each value whose name the type knows, and for each other number.

    Args:
        names: the type's attributes, lower case → as declared.
    """
    try:
        found = msgspec.json.decode(message)
    except msgspec.DecodeError:
        found = {}
    each = ""
    if isinstance(found, list) and found and isinstance(found[0], dict):
        found, each = found[0], "$"
    attributes, time = [], ""
    for path, value in _leaves(found, "$"):
        key = path.rsplit(".", 1)[-1]
        if key.lower() in TIMES and not time:
            time = path
            continue
        known = names.get(key.lower())
        if known:
            attributes.append({"name": known, "path": path})
        elif isinstance(value, int | float) and not isinstance(value, bool):
            attributes.append({"name": key, "path": path})
    more: dict[str, Any] = ({"each": each} if each else {}) | ({"time": {"path": time}} if time else {})
    return {"id": mapping_id, **more, "attributes": attributes[:20]}


def _leaves(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict) and path.count(".") < 5:
        return [leaf for k, v in value.items() for leaf in _leaves(v, f"{path}.{k}")]
    return [(path, value)] if not isinstance(value, dict | list) else []


def _object(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)
