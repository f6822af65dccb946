"""A mapping compiled: from a JSON document to Updates. Compiled once, run for every message."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from rhinecloud.base.clock import iso
from rhinecloud.base.declare import DEFAULT_NAMESPACE, Model
from rhinecloud.base.errors import BadRequestData, Unreadable
from rhinecloud.base.model import Instance, Op, Update

from .devices import expand_type
from .instants import reader_of
from .mapping import Mapping
from .paths import MISSING, compile_path, describe, explain
from .values import Make, compile_attribute


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a message comes from: what every Update of it tells."""

    tenant: str
    device: str  # id; "" for feeds
    entity: str  # the device's entity, "" where there is none
    type: str  # expanded
    topic: str
    observed: str  # RFC 3339; "": when it was stored
    received_us: int
    source: str  # "device:<id>", "feed:<id>", "file:<name>"
    raw: str  # "stream/sequence"

    def moment(self) -> str:
        """When it was observed, as far as the message itself does not say."""
        return self.observed or (iso(self.received_us) if self.received_us else "")


class Outcome(msgspec.Struct, gc=False):
    """What a message gave: Updates, and why parts of it were not read."""

    updates: list[Update]
    error: Unreadable | None


class Rejection(NamedTuple):
    """A record that does not come in, and why."""

    reason: str
    detail: str
    raw: bytes


Run = Callable[[Any, Origin], Outcome]
_PLACE = re.compile(r"\{([^{}]+)\}")


def expand_name(name: str, model: Model) -> str:
    """An attribute's expanded name; what holds a colon is one already."""
    return name if ":" in name else model.terms.get(name) or DEFAULT_NAMESPACE + name


def compile_mapping(mapping: Mapping, model: Model, default_type: str = "Device") -> Run:
    """
    Args:
        default_type: the entity type where the mapping names none; decides which declarations hold.
    Raises:
        BadRequestData: the mapping cannot work; the message names the part.
    """
    kind = expand_type(mapping.type or default_type, model)
    makes: list[tuple[str, Make]] = []
    for rule in mapping.attributes:
        iri = expand_name(rule.name, model)
        makes.append((iri, compile_attribute(rule, model.attribute(kind, iri))))
    if not makes:
        raise BadRequestData(f"Mapping {mapping.id} maps nothing; add at least one attribute")
    one = _reading(mapping, kind, makes, model)
    if not mapping.each:

        def whole(document: Any, origin: Origin) -> Outcome:
            update = one(document, document, origin)
            if update is None:
                raise Unreadable(_nothing(mapping, document), reason="nothing mapped")
            return Outcome([update], None)

        return whole
    return _each(mapping, one)


def _each(mapping: Mapping, one: Callable[[Any, Any, Origin], Update | None]) -> Run:
    members_at = compile_path(mapping.each)

    def every(document: Any, origin: Origin) -> Outcome:
        members = members_at(document)
        if type(members) is not list:
            raise Unreadable(
                f"Readings stand at {mapping.each}, but {explain(document, mapping.each)}", reason="readings missing"
            )
        updates, failed, first = list[Update](), 0, ""
        for number, member in enumerate(members):
            try:
                update = one(member, document, origin)
            except Unreadable as error:
                failed, first = failed + 1, first or f"number {number}: {error.detail}"
                reason = error.reason
                continue
            if update is not None:
                updates.append(update)
        if members and not updates and not failed:
            raise Unreadable(_nothing(mapping, members[0]), reason="nothing mapped")
        if failed:
            detail = f"{failed} of {len(members)} readings cannot be read; the first is {first}"
            return Outcome(updates, Unreadable(detail, reason=reason))
        return Outcome(updates, None)

    return every


def _reading(
    mapping: Mapping, kind: str, makes: list[tuple[str, Make]], model: Model
) -> Callable[[Any, Any, Origin], Update | None]:
    entity_id = _template(mapping.entity) if mapping.entity else None
    time_at = compile_path(mapping.time.path) if mapping.time else None
    read_time = reader_of(mapping.time) if mapping.time else None
    time_path = mapping.time.path if mapping.time else ""
    time_from_root = time_path.startswith("$$")

    def one(reading: Any, root: Any, origin: Origin) -> Update | None:
        observed = ""
        if time_at is not None and read_time is not None:
            told = time_at(root if time_from_root else reading)
            if told is not MISSING and told is not None:
                observed = read_time(told)
        observed = observed or origin.moment()
        attrs: dict[str, list[Instance]] = {}
        for iri, make in makes:
            instance = make(reading, root, observed)
            if instance is not None:
                if iri in attrs:
                    attrs[iri].append(instance)
                else:
                    attrs[iri] = [instance]
        if not attrs:
            return None
        return Update(
            op=Op.OBSERVE,
            id=origin.entity if entity_id is None else entity_id(reading, root, origin),
            entity={"type": [kind], "attrs": attrs},
            source=origin.source,
            received_us=origin.received_us,
            raw=origin.raw,
        )

    return one


def _template(template: str) -> Callable[[Any, Any, Origin], str]:
    """An id with places: {device}, {entity}, {tenant}, {topic[2]} and paths such as {$.station}."""
    parts = _PLACE.split(template)  # text, place, text, place, …, text
    fills = [_place(name.strip()) for name in parts[1::2]]

    def fill(reading: Any, root: Any, origin: Origin) -> str:
        text = parts[0]
        for get, after in zip(fills, parts[2::2], strict=True):
            text += get(reading, root, origin) + after
        if ":" not in text or any(c.isspace() or c in '<>"{}|\\^`' for c in text):
            raise Unreadable(
                f"Entity id {describe(text)} is not a URI; the template is {template}", reason="bad entity"
            )
        return text

    return fill


def _place(name: str) -> Callable[[Any, Any, Origin], str]:
    if name in ("device", "entity", "tenant"):
        return lambda reading, root, origin: str(getattr(origin, name))
    if match := re.fullmatch(r"topic\[(\d+)\]", name):
        level = int(match[1])
        return lambda reading, root, origin: _level(origin.topic, level)
    get, from_root = compile_path(name), name.startswith("$$")

    def part(reading: Any, root: Any, origin: Origin) -> str:
        value = get(root if from_root else reading)
        if isinstance(value, str | int | float) and value != "":
            return re.sub(r"[\s<>\"{}|\\^`]+", "-", str(value).strip())
        raise Unreadable(
            f"The entity id needs {name}, but {explain(root if from_root else reading, name)}", reason="bad entity"
        )

    return part


def _level(topic: str, level: int) -> str:
    levels = topic.split("/")
    if level >= len(levels):
        raise Unreadable(
            f"The entity id needs level {level} of the topic, but it is {topic[:100]}", reason="bad entity"
        )
    return levels[level]


def _nothing(mapping: Mapping, document: Any) -> str:
    sought = ", ".join(a.path or a.lat for a in mapping.attributes[:6] if a.path or a.lat)
    where = sought or "constants only"
    return f"Mapping {mapping.id} finds nothing: it looks at {where}, but the message is {describe(document)}"
