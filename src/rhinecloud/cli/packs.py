"""`rhinecloud pack`: what packs are installed, which are on, and how to write one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.base.settings import load

from .table import table

if TYPE_CHECKING:
    from rhinecloud.kit import Pack, Switchboard

pack_app = typer.Typer(no_args_is_help=True, help="Domains as packs: list them, switch them on and off, write one.")

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of the installation.")]
Tenant = Annotated[str, typer.Option(help="The tenant; without: the default one.")]
Id = Annotated[str, typer.Argument(metavar="PACK", help="The pack's id.")]


@pack_app.command("list")
def list_packs(tenant: Tenant = "", data: Data = None) -> None:
    """List the packs that are installed, what they bring, and those that are left out."""
    board, tenant = _board(data, tenant)
    rows = [
        (pack.id, pack.title.en, pack.version or "-", _state(board, tenant, pack), ", ".join(brings(pack)))
        for pack in board.packs
    ]
    rows += [(t.id, t.source or "-", "-", "left out", t.detail) for t in board.troubles]
    table(("id", "title", "version", "state", "brings"), rows)
    for trouble in board.troubles:
        typer.echo(f"\n{trouble.id} is left out. {trouble.detail}", err=True)
        typer.echo(f"  {trouble.remedy}" + (f" ({trouble.where})" if trouble.where else ""), err=True)


@pack_app.command("on")
def switch_on(pack: Id, tenant: Tenant = "", data: Data = None) -> None:
    """Switch a pack on in a tenant; a running city follows at once."""
    _switch(pack, tenant, data, on=True)


@pack_app.command("off")
def switch_off(pack: Id, tenant: Tenant = "", data: Data = None) -> None:
    """Switch a pack off in a tenant: what it brings disappears, what was observed stays."""
    _switch(pack, tenant, data, on=False)


@pack_app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The pack's id, e.g. beehives: a-z, 0-9 and _.")],
    into: Annotated[Path, typer.Option(metavar="DIR", help="Folder in which the pack's own folder is made.")] = Path(),
    type_: Annotated[
        str, typer.Option("--type", metavar="NAME", help="Its first entity type.  [default: from the id]")
    ] = "",
    title: Annotated[str, typer.Option(help="What people read, in English.  [default: from the id]")] = "",
    title_de: Annotated[str, typer.Option(help="What people read, in German.  [default: as in English]")] = "",
) -> None:
    """Write a pack that works, with its tests: to be installed with pip, and then made yours."""
    from .packing import write

    folder = write(into, name, kind=type_, title=title, title_de=title_de)
    typer.echo(f"Written to {folder}. It works as it stands:")
    typer.echo(f"  pip install -e {folder}")
    typer.echo("  start the city again: the pack is there, and on")
    typer.echo(f"  python -m pytest {folder}   (pip install pytest first)")
    typer.echo(
        f"Its first page is src/rhinecloud_{name}/__init__.py; docs/how-to/write-a-pack.md leads through the rest."
    )


@pack_app.command("check")
def check(
    what: Annotated[
        str, typer.Argument(metavar="[PATH]", help="A pack's folder, or the id of an installed one; without: all.")
    ] = "",
) -> None:
    """Find out what is wrong with a pack, by its declarations and by playing its simulator."""
    from rhinecloud.kit import flaws, trials

    from .packing import chosen, strange_icons

    wrong = False
    for pack, others in chosen(what):
        found = [*flaws(pack, others), *strange_icons(pack), *trials(pack, others)]
        typer.echo(f"{pack.id}: {', '.join(brings(pack)) or 'nothing yet'}")
        for flaw in found:
            typer.echo(f"  {'✗' if flaw.fatal else '!'} {flaw.where}: {flaw.detail}")
            typer.echo(f"    {flaw.remedy}")
        if not found:
            typer.echo("  ✓ nothing is wrong with it")
        wrong = wrong or bool(found)
    if wrong:
        raise typer.Exit(1)


def brings(pack: Pack) -> Iterator[str]:
    """What a pack brings, counted: "5 types", "12 rules" …"""
    counts = {
        "type": len(pack.types),
        "layer": len(pack.layers),
        "rule": len(pack.rules),
        "indicator": len(pack.indicators),
        "forecast": len(pack.forecasts),
        "panel": len(pack.panels),
        "playbook": len(pack.playbooks),
        "feed": len(pack.feeds),
        "mapping": len(pack.mappings),
        "reader": len(pack.readers),
        "publication": len(pack.publications),
        "simulator": int(pack.simulator is not None),
    }
    return (f"{n} {word}" + ("s" if n > 1 else "") for word, n in counts.items() if n)


def _board(data: Path | None, tenant: str) -> tuple[Switchboard, str]:
    from rhinecloud.kit import Switchboard, discover

    settings = load(data)
    if not settings.data.is_dir():
        raise ResourceNotFound(
            f"There is no installation in {settings.data}; start one with `rhinecloud up`, or name it with --data"
        )
    found = discover()
    board = Switchboard(settings.data / "tenants", found.packs, troubles=found.troubles)
    return board, tenant or settings.default_tenant


def _state(board: Switchboard, tenant: str, pack: Pack) -> str:
    on = board.is_on(tenant, pack.id)
    missing = board.missing(tenant, pack.id) if on else ()
    decision = board.decision(tenant, pack.id)
    said = "on" if on else "off"
    if decision:
        said += f" since {decision.at[:10]} by {decision.by}"
    return said + (f"; lacks {', '.join(missing)}" if missing else "")


def _switch(pack_id: str, tenant: str, data: Path | None, *, on: bool) -> None:
    from .control import ask
    from .lock import read
    from .people import installation

    board, tenant = _board(data, tenant)
    pack = board.get(pack_id)
    with installation(data) as (access, by, settings):
        if read(settings.data):
            ask(settings.data, "switch_pack", tenant=tenant, pack=pack_id, on=on, by=by.id)
        else:
            board.switch(tenant, pack_id, on, by.id)
        access.audit(by, "packs.manage", pack_id, tenant=tenant, on=on)
    typer.echo(f"{pack.title.en} is {'on' if on else 'off'} in {tenant}" + ("" if on else "; its data are kept"))
    if on and (missing := board.missing(tenant, pack_id)):
        typer.echo(f"It reads {', '.join(missing)}, which no pack that is on brings", err=True)
