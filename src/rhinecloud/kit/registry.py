"""Finds packs through the entry point group `rhinecloud.packs`: ours go through the same door as everyone's."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from rhinecloud.base.errors import InvalidRequest

from .pack import Pack

GROUP = "rhinecloud.packs"

# Found even where the package's metadata are older than the source, as in a checkout that is worked on.
_OURS = tuple(EntryPoint(name, f"rhinecloud.packs.{name}:PACK", GROUP) for name in ("environment", "parking"))


def packs() -> tuple[Pack, ...]:
    """Every pack that is installed, ours and others', by id.

    Raises:
        InvalidRequest: an entry point does not name a pack, or two packs bring the same id or entity type.
    """
    found: dict[str, Pack] = {}
    owner: dict[str, str] = {}
    named = {entry.name: entry for entry in (*_OURS, *entry_points(group=GROUP))}
    for name in sorted(named):
        pack = _load(named[name])
        if pack.id != name:
            raise InvalidRequest(f"Entry point {name} of {GROUP} gives the pack {pack.id}; the two names must agree")
        for kind in pack.types:
            if (other := owner.setdefault(kind.iri, pack.id)) != pack.id:
                raise InvalidRequest(f"The packs {other} and {pack.id} both declare the entity type {kind.name}")
        found[pack.id] = pack
    return tuple(found.values())


def _load(entry: EntryPoint) -> Pack:
    try:
        pack = entry.load()
    except (ImportError, AttributeError) as error:
        raise InvalidRequest(f"The pack {entry.name} does not load from {entry.value}: {error}") from error
    if not isinstance(pack, Pack):
        raise InvalidRequest(f"{entry.value} is not a Pack")
    return pack
