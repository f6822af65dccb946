"""Finds packs through the entry point group `rhinecloud.packs`: ours go through the same door as everyone's.

A pack that does not load, or that cannot work, stops nobody: it is left out, and told with its trouble and what to do.
Ours come first and then the others by name, so that a newcomer never changes what a word of ours means.
"""

from __future__ import annotations

import traceback
from importlib.metadata import EntryPoint, entry_points

import msgspec

from .check import errors
from .pack import Pack

GROUP = "rhinecloud.packs"

# Found even where the package's metadata are older than the source, as in a checkout that is worked on.
_OURS = tuple(
    EntryPoint(name, f"rhinecloud.packs.{name}:PACK", GROUP) for name in ("environment", "parking", "emergency")
)


class PackTrouble(msgspec.Struct, frozen=True):
    """A pack that is installed and left out: why, and what the one who installed it can do."""

    id: str  # the entry point's name
    detail: str
    remedy: str
    source: str = ""  # the distribution that brings it, with its version; "" where it is not known
    where: str = ""  # "file, line n" of the pack's own code, where the trouble is there


class Found(msgspec.Struct, frozen=True):
    """What is installed: packs that work, and those that do not."""

    packs: tuple[Pack, ...]
    troubles: tuple[PackTrouble, ...]


def packs() -> tuple[Pack, ...]:
    """Every pack that is installed and can work: ours, then others' by id."""
    return discover().packs


def discover() -> Found:
    """Every pack that is installed, with the troubles of those that are left out."""
    found: dict[str, Pack] = {}
    troubles: list[PackTrouble] = []
    others = [entry for entry in entry_points(group=GROUP) if entry not in _OURS]
    for entry in (*_OURS, *sorted(others, key=lambda entry: entry.name)):
        got = _judged(entry, found)
        if isinstance(got, PackTrouble):
            troubles.append(got)
        else:
            found[got.id] = got
    return Found(tuple(found.values()), tuple(troubles))


def _judged(entry: EntryPoint, found: dict[str, Pack]) -> Pack | PackTrouble:
    source = _source(entry)

    def trouble(detail: str, remedy: str, where: str = "") -> PackTrouble:
        return PackTrouble(entry.name, detail, remedy, source, where)

    if entry.name in found:
        return trouble(
            f"There is a pack {entry.name} already",
            f"Give the pack of {source or entry.value} another id, and its entry point that name",
        )
    try:
        pack = entry.load()
    except (Exception, SystemExit) as error:  # a stranger's code may raise anything at all
        return trouble(
            f"Importing {entry.value} fails: {type(error).__name__}: {error}",
            f"Mend the pack or uninstall {source.partition(' ')[0] or 'it'}; `rhinecloud pack check` tells more",
            _last_line(error),
        )
    if not isinstance(pack, Pack):
        return trouble(f"{entry.value} is not a Pack but a {type(pack).__name__}", "Let the entry point name a Pack")
    if pack.id != entry.name:
        return trouble(
            f"Entry point {entry.name} gives the pack {pack.id}; the two names must agree",
            "Rename one of them in the pack's pyproject.toml or first page",
        )
    # Ours are held to it by their tests; a start need not do it again.
    if entry not in _OURS and (wrong := errors(pack, found.values())):
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return trouble(f"{wrong[0].where}: {wrong[0].detail}{more}", wrong[0].remedy)
    if pack.version or not source:
        return pack
    return msgspec.structs.replace(pack, version=source.partition(" ")[2])


def _source(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""


def _last_line(error: BaseException) -> str:
    """Where in the pack's own code it failed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename and not frame.filename.startswith("<")]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own and own[-1].filename != __file__ else ""
