"""`rhinecloud feed`: sources on the web that the city asks on a schedule. Acts on the tenant's file, beside a running
city too, which notices within seconds; how a feed is doing only the running city knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from rhinecloud.base.clock import iso
from rhinecloud.base.errors import InvalidRequest, ResourceNotFound, Unavailable
from rhinecloud.base.settings import load

from .table import table

if TYPE_CHECKING:
    from rhinecloud.app import City
    from rhinecloud.connect import Documents, Polled

    from .control import Doer

feed_app = typer.Typer(no_args_is_help=True, help="Sources on the web: switch them on and off, add your own.")

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of the installation.")]
Tenant = Annotated[str, typer.Option(help="The tenant that takes the feed in; without: the default one.")]
Id = Annotated[str, typer.Argument(metavar="FEED", help="The feed's id.")]


@feed_app.command("list")
def list_feeds(tenant: Tenant = "", data: Data = None) -> None:
    """List the feeds that there are: those of packs and your own, and how those that are on are doing."""
    from rhinecloud.connect import Feed

    with _feeds(data, tenant) as (documents, its_tenant, folder):
        states = _states(folder, its_tenant)
        rows = []
        for feed in documents.list(its_tenant, "feed", Feed):
            told = states.get(feed.id) if feed.active else None
            rows.append((feed.id, "on" if feed.active else "off", f"{feed.interval_s:g} s", feed.title, _doing(told)))
    table(("feed", "state", "every", "what", "how it is doing"), rows)


@feed_app.command("on")
def switch_on(feed: Id, tenant: Tenant = "", data: Data = None) -> None:
    """Begin to ask a source."""
    _switch(feed, tenant, data, active=True)


@feed_app.command("off")
def switch_off(feed: Id, tenant: Tenant = "", data: Data = None) -> None:
    """Ask it no more; what it told is kept."""
    _switch(feed, tenant, data, active=False)


@feed_app.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The feed as JSON; docs/how-to/connect-feeds.md.")],
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """Add a feed of your own, or replace it; it is asked at once unless it says "active": false."""
    from rhinecloud.connect import Feed

    try:
        made = msgspec.json.decode(file.read_bytes(), type=Feed)
    except OSError as error:
        raise ResourceNotFound(f"{file} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"{file} is no feed: {error}") from error
    with _feeds(data, tenant) as (documents, its_tenant, _):
        made.check(_forms())
        version = documents.save(its_tenant, "feed", made)
        typer.echo(f"{made.id} is version {version}, and {'on' if made.active else 'off'}")


@feed_app.command("remove")
def remove(feed: Id, tenant: Tenant = "", data: Data = None) -> None:
    """Forget a feed of your own; one of a pack is then again as the pack says."""
    with _feeds(data, tenant) as (documents, its_tenant, _):
        documents.delete(its_tenant, "feed", feed)


@feed_app.command("ask")
def ask_now(feed: Id, tenant: Tenant = "", data: Data = None) -> None:
    """Ask a source now, whatever its schedule says."""
    from .control import ask

    folder = load(data).data
    typer.echo(_doing(ask(folder, "ask_feed", tenant=tenant or load(data).default_tenant, feed=feed)))


def _switch(feed_id: str, tenant: str, data: Path | None, *, active: bool) -> None:
    from rhinecloud.connect import Feed

    with _feeds(data, tenant) as (documents, its_tenant, _):
        feed = documents.get(its_tenant, "feed", feed_id, Feed)
        feed.check(_forms())
        documents.save(its_tenant, "feed", msgspec.structs.replace(feed, active=active))
        typer.echo(f"{feed_id} is {'on' if active else 'off'} in {its_tenant}")
        if active and feed.attribution:
            typer.echo(f"Name the source where you show it: {feed.attribution} ({feed.licence})", err=True)


@contextmanager
def _feeds(data: Path | None, tenant: str) -> Iterator[tuple[Documents, str, Path]]:
    """The documents of an installation, with what its packs bring, as they are on."""
    from rhinecloud.connect import Documents, Feed, Tables
    from rhinecloud.kit import Switchboard, packs

    settings = load(data)
    name = tenant or settings.default_tenant
    if not (settings.data / "tenants" / name).is_dir():
        raise ResourceNotFound(
            f"There is no tenant {name} in {settings.data}; start the city first, or name it by --data"
        )
    installed = packs()
    tables = Tables(settings.data / "tenants")
    try:
        documents = Documents(tables)
        documents.packs_on = Switchboard(settings.data / "tenants", installed).ids
        for pack in installed:
            documents.bring("feed", [Feed.of(feed, _forms()) for feed in pack.feeds], pack=pack.id)
        yield documents, name, settings.data
    finally:
        tables.close()


def _forms() -> frozenset[str]:
    from rhinecloud.kit import packs

    return frozenset(reader.id for pack in packs() for reader in pack.readers)


def _states(folder: Path, tenant: str) -> dict[str, Any]:
    """How the running city's feeds are doing; nothing where none runs."""
    from .control import ask
    from .lock import read

    if not read(folder):
        return {}
    try:
        return {state["feed"]: state for state in ask(folder, "feeds", tenant=tenant)}
    except Unavailable:
        return {}


def _doing(state: dict[str, Any] | None) -> str:
    if state is None:
        return ""
    if state["failures"]:
        return f"failed {state['failures']} times: {state['error']}"
    if not state["answered_us"]:
        return "not asked yet"
    return f"answered {iso(state['answered_us'])}, last news {iso(state['changed_us'])}, {state['size']} bytes"


def doers(city: City) -> dict[str, Doer]:
    """What the running city answers about its feeds."""

    async def feeds(asked: dict[str, Any]) -> list[dict[str, Any]]:
        polling = city.connect.polling
        return [_told(state) for state in polling.states(asked["tenant"])] if polling else []

    async def ask_feed(asked: dict[str, Any]) -> dict[str, Any]:
        if city.connect.polling is None:
            raise Unavailable("The city does not ask feeds yet; try again in a moment")
        return _told(await city.connect.polling.ask(asked["tenant"], asked["feed"]))

    return {"feeds": feeds, "ask_feed": ask_feed}


def _told(state: Polled) -> dict[str, Any]:
    return {
        "feed": state.feed.id,
        "failures": state.failures,
        "error": state.error,
        "answered_us": state.answered_us,
        "changed_us": state.changed_us,
        "size": state.size,
    }
