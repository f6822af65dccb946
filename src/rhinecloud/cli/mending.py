"""`rhinecloud quarantine` and `rhinecloud dead`: what could not be read, and what could not be delivered.

Both ask the running city, which alone writes what is read at last; each act stands in the audit log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rhinecloud.base.clock import iso
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.settings import load

from .control import Doer, ask
from .table import table

if TYPE_CHECKING:
    from rhinecloud.app import City

quarantine_app = typer.Typer(no_args_is_help=True, help="Messages that could not be read: look, mend, read them again.")
dead_app = typer.Typer(no_args_is_help=True, help="Notifications that could not be delivered: look, send them again.")

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of the installation.")]
Tenant = Annotated[str, typer.Option(help="The tenant; without: the default one.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]…", help="Their numbers, as `list` shows them.")]
Reason = Annotated[str, typer.Option(help="Only those with this reason.")]
Device = Annotated[str, typer.Option(help="Only those of this device.")]
Everything = Annotated[bool, typer.Option("--all", help="All that there are.")]


@quarantine_app.command("list")
def list_quarantine(
    reason: Reason = "",
    device: Device = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 50,
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """List what lies in quarantine: number, since when, device, topic, reason."""
    found = _ask(data, "quarantine.list", tenant=tenant, reason=reason, device=device, limit=limit)
    rows = [
        (str(i["id"]), iso(i["stored_us"]), i["device"] or "-", i["subject"], i["reason"], i["detail"])
        for i in found["items"]
    ]
    table(("id", "came in", "device", "topic", "reason", "detail"), rows)
    typer.echo(f"{len(rows)} of {found['total']}", err=True)


@quarantine_app.command("show")
def show_quarantine(
    message: Annotated[int, typer.Argument(metavar="ID")], tenant: Tenant = "", data: Data = None
) -> None:
    """Show one message: its bytes on standard output, why it could not be read on standard error."""
    found = _ask(data, "quarantine.show", tenant=tenant, id=message)
    typer.echo(f"{found['subject']}, {iso(found['stored_us'])}, {found['device'] or 'no known device'}", err=True)
    typer.echo(f"{found['reason']}: {found['detail']}", err=True)
    typer.echo(bytes.fromhex(found["data"]), nl=False)


@quarantine_app.command("replay")
def replay_quarantine(
    ids: Ids = None,
    reason: Reason = "",
    device: Device = "",
    everything: Everything = False,
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """Read messages again, with the mappings, codecs and devices of now. What can be read leaves the quarantine."""
    _some(ids, reason, device, everything)
    done = _ask(data, "quarantine.replay", tenant=tenant, ids=ids or [], reason=reason, device=device)
    typer.echo(f"{done['read']} read, {done['updates']} things changed, {done['still']} still cannot be read")
    if done["still"]:
        raise typer.Exit(1)


@quarantine_app.command("drop")
def drop_quarantine(
    ids: Ids = None,
    reason: Reason = "",
    device: Device = "",
    everything: Everything = False,
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """Delete messages unread."""
    _some(ids, reason, device, everything)
    asked = {"ids": ids or [], "reason": reason, "device": device, "everything": everything}
    typer.echo(f"{_ask(data, 'quarantine.drop', tenant=tenant, **asked)} deleted")


@dead_app.command("list")
def list_dead(tenant: Tenant = "", data: Data = None) -> None:
    """List notifications that could not be delivered: number, since when, subscription, endpoint, reason."""
    found = _ask(data, "dead.list", tenant=tenant)
    rows = [
        (str(i["sequence"]), iso(i["failed_us"]), i["subscription"], i["endpoint"] or "gone", i["reason"])
        for i in found
    ]
    table(("id", "failed", "subscription", "endpoint", "reason"), rows)


@dead_app.command("replay")
def replay_dead(ids: Ids = None, everything: Everything = False, tenant: Tenant = "", data: Data = None) -> None:
    """Send notifications again, to where their subscriptions say now."""
    _some(ids, "", "", everything)
    done = _ask(data, "dead.replay", tenant=tenant, ids=ids or [])
    typer.echo(f"{done['sent']} sent" + (f", {done['gone']} without a subscription" if done["gone"] else ""))


def doers(city: City) -> dict[str, Doer]:
    """What the running city does for these commands."""
    quarantine = city.connect.quarantine

    def of(asked: dict[str, Any]) -> str:
        return str(asked["tenant"]) or city.settings.default_tenant

    async def record(asked: dict[str, Any], action: str, subject: str, **detail: Any) -> None:
        from rhinecloud.access import system

        await city.access.record(system("command line"), action, subject, tenant=of(asked), **detail)

    def chosen(asked: dict[str, Any]) -> list[int]:
        found = quarantine.list(
            of(asked), reason=asked["reason"], device=asked["device"], newest_first=False, limit=100_000
        )
        return asked["ids"] or [item.id for item in found.items]

    async def listed(asked: dict[str, Any]) -> Any:
        picked = {name: asked[name] for name in ("reason", "device", "limit")}
        found = await asyncio.to_thread(lambda: quarantine.list(of(asked), **picked))
        names = ("id", "stored_us", "device", "subject", "reason", "detail")
        return {"items": [{n: getattr(i, n) for n in names} for i in found.items], "total": found.total}

    async def show(asked: dict[str, Any]) -> Any:
        item = await asyncio.to_thread(quarantine.get, of(asked), asked["id"])
        told = {n: getattr(item, n) for n in ("subject", "stored_us", "device", "reason", "detail")}
        return told | {"data": item.data.hex()}

    async def replay(asked: dict[str, Any]) -> Any:
        done = await city.replay(of(asked), await asyncio.to_thread(chosen, asked))
        await record(asked, "quarantine.replay", asked["reason"] or asked["device"] or "chosen", read=done.read)
        return {"read": done.read, "updates": done.updates, "still": done.still}

    async def drop(asked: dict[str, Any]) -> int:
        picked = {name: asked[name] for name in ("ids", "reason", "device", "everything")}
        gone = await asyncio.to_thread(lambda: quarantine.discard(of(asked), **picked))
        await record(asked, "quarantine.discard", asked["reason"] or asked["device"] or "chosen", messages=gone)
        return gone

    async def dead_list(asked: dict[str, Any]) -> Any:
        return await city.dead.list(of(asked))

    async def dead_replay(asked: dict[str, Any]) -> Any:
        done = await city.dead.replay(of(asked), asked["ids"])
        await record(asked, "letters.replay", "chosen" if asked["ids"] else "all", sent=done.sent)
        return done

    return {
        "quarantine.list": listed,
        "quarantine.show": show,
        "quarantine.replay": replay,
        "quarantine.drop": drop,
        "dead.list": dead_list,
        "dead.replay": dead_replay,
    }


def _ask(data: Path | None, do: str, **members: Any) -> Any:
    return ask(load(data).data, do, **members)


def _some(ids: Iterable[int] | None, reason: str, device: str, everything: bool) -> None:
    if not (ids or reason or device or everything):
        raise BadRequestData("Say which: their numbers, --reason, --device, or --all")
