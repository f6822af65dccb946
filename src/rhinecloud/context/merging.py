"""How the fragment of an attribute instance goes into the instance there is: partial update and merge.

Both take the old instance without our own members and give a new one; NGSI-LD Null takes a member away.
Source: ETSI GS CIM 009 V1.9.1, 5.5.8 (partial update: members are exchanged whole) and 5.5.12 (merge: as a JSON
merge patch).
"""

from __future__ import annotations

from typing import Any, Final

from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import NULL, VALUE_MEMBER, Instance

from .draft import dataset_of, find, is_null

_VALUES: Final = frozenset(VALUE_MEMBER.values())


def patch_instance(old: Instance, new: Instance) -> Instance:
    """Members of `new` in the place of those of `old`; sub-attributes one by one.

    Raises:
        BadRequestData: the attribute is of another type.
    """
    _same_type(old, new)
    made = {k: v for k, v in (old | {k: v for k, v in new.items() if k != "attrs"}).items() if v != NULL}
    return complete(_with_subs(made, old, new, lambda _before, sub: complete(sub)))


def merge_instance(old: Instance, new: Instance) -> Instance:
    """`new` merged into `old`: objects member by member, all else exchanged.

    Raises:
        BadRequestData: the attribute is of another type.
    """
    _same_type(old, new)
    made = dict(old)
    for member, value in new.items():
        if member == "attrs":
            continue
        if value == NULL:
            made.pop(member, None)
        elif member in _VALUES and isinstance(value, dict) and not _whole(value):
            made[member] = merge_json(old.get(member), value)
        else:
            made[member] = value
    return complete(_with_subs(made, old, new, lambda before, sub: merge_instance(before or {}, sub)))


def _whole(value: dict[str, Any]) -> bool:
    """Geometries and typed values make sense as a whole only."""
    return "coordinates" in value or "@value" in value


def merge_json(old: Any, new: Any) -> Any:
    """RFC 7396, with NGSI-LD Null for null."""
    if not isinstance(new, dict):
        return new
    merged = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value == NULL:
            merged.pop(key, None)
        else:
            merged[key] = merge_json(merged.get(key), value)
    return merged


def complete(instance: Instance) -> Instance:
    """The instance, if it can be kept: a fragment may leave out type and value only where there are some already.

    Raises:
        BadRequestData: it has none.
    """
    if VALUE_MEMBER.get(instance.get("type", "")) not in instance:
        raise BadRequestData("An attribute that is not there yet, or a part of it, has no value")
    return instance


def _same_type(old: Instance, new: Instance) -> None:
    before, after = old.get("type"), new.get("type")
    if before and after and before != after:
        raise BadRequestData(f"The attribute is a {before} and cannot become a {after} by a partial update")


def _with_subs(made: Instance, old: Instance, new: Instance, join: Any) -> Instance:
    subs: dict[str, list[Instance]] = dict(old.get("attrs") or {})
    for name, instances in (new.get("attrs") or {}).items():
        for sub in instances:
            before = find(subs.get(name, ()), dataset_of(sub))
            others = [i for i in subs.get(name, ()) if i is not before]
            if not is_null(sub):
                others.append(join(before, sub))
            if others:
                subs[name] = others
            else:
                subs.pop(name, None)
    if subs:
        made["attrs"] = subs
    else:
        made.pop("attrs", None)
    return made
