"""`rhinecloud device`: lets devices in, and speaks to them. Acts on the registry's file, beside a running city too,
which notices at once; only a command to a device goes through the running city.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rhinecloud.base.clock import SECOND, iso, now_us
from rhinecloud.base.errors import BadRequestData, ResourceNotFound, Unavailable
from rhinecloud.base.settings import Settings, load

if TYPE_CHECKING:
    from rhinecloud.connect import Device, Registry

device_app = typer.Typer(no_args_is_help=True, help="Devices: let them in, rotate their secrets, send them commands.")

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of the installation.")]
Tenant = Annotated[str, typer.Option(help="The tenant that the device belongs to; without: the default one.")]
Id = Annotated[str, typer.Argument(help="The device's id, such as gauge-ruhrort.")]


@device_app.command("add")
def add_device(  # noqa: PLR0913, PLR0917 - each is an option that a person may type
    device: Id,
    type_: Annotated[
        str, typer.Option("--type", "-t", help="What it observes: an entity type, such as WeatherObserved.")
    ] = "",
    name: Annotated[str, typer.Option(help="The name that people read.")] = "",
    at: Annotated[str, typer.Option(metavar="LON,LAT", help="Where it is, e.g. 6.7623,51.4344.")] = "",
    kind: Annotated[str, typer.Option(help="mqtt, http, lorawan, or network for a network server.")] = "mqtt",
    entity: Annotated[str, typer.Option(help="Id of the entity it observes; without: made from type and id.")] = "",
    mapping: Annotated[str, typer.Option(help="Id of a mapping; without: JSON with the model's own names.")] = "",
    codec: Annotated[str, typer.Option(help="LoRaWAN: id of a payload codec.")] = "",
    dev_eui: Annotated[str, typer.Option(help="LoRaWAN: the device's EUI; without: the id.")] = "",
    topic: Annotated[
        list[str], typer.Option(help="A further MQTT filter it may publish to, e.g. application/#; repeatable.")
    ] = [],  # noqa: B006
    interval: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How often it speaks; without: as its type does.")
    ] = None,
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """Add a device. Its secret is printed on standard output, this once; how to use it on standard error."""
    from rhinecloud.connect import Device

    with _registry(data, tenant) as (registry, its_tenant, settings, audit):
        if type_ and ":" not in type_ and type_ not in registry.model.terms:
            known = ", ".join(sorted(kind.name for kind in registry.model.types.values()))
            raise BadRequestData(f"No pack declares the entity type {type_}; there are {known} (or give a URI)")
        made = Device(
            id=device,
            name=name,
            kind=kind,  # type: ignore[arg-type]  # the registry refuses what is none
            entity_id=entity,
            entity_type=type_,
            mapping=mapping,
            codec=codec,
            dev_eui=dev_eui,
            topics=tuple(topic),
            location=_point(at),
            interval_s=interval,
        )
        if kind not in ("mqtt", "http", "lorawan", "network"):
            raise BadRequestData(f"{kind!r} is no kind of device; there are mqtt, http, lorawan and network")
        secret = registry.add(its_tenant, made)
        audit("device.add", device)
        _explain(settings, its_tenant, made, secret, registry)
    typer.echo(secret)


@device_app.command("list")
def list_devices(
    search: Annotated[str, typer.Argument(help="Words to look for in id, name and entity.")] = "",
    silent: Annotated[bool, typer.Option("--silent", help="Only those that have fallen silent.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 100,
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """List devices: what they observe, and when they were last heard."""
    from .table import table

    with _registry(data, tenant) as (registry, its_tenant, _, _):
        page = registry.list(its_tenant, search=search, silent=True if silent else None, limit=limit)
        rows = [
            (d.id, d.name, d.kind, d.entity_type or "Device", _ago(d.last_seen_us), _state(registry, d))
            for d in page.devices
        ]
    table(("device", "name", "kind", "observes", "last heard", "state"), rows)
    if page.total > len(rows):
        typer.echo(f"{len(rows)} of {page.total}; more with --limit", err=True)


@device_app.command("show")
def show_device(device: Id, tenant: Tenant = "", data: Data = None) -> None:
    """Show all that is known of a device, as JSON."""
    import msgspec

    with _registry(data, tenant) as (registry, its_tenant, _, _):
        known = msgspec.to_builtins(registry.get(its_tenant, device))
    for key in [k for k in known if k.endswith("_us")]:
        known[key.removesuffix("_us") + "_at"] = iso(known.pop(key)) if known[key] else None
    typer.echo(json.dumps(known, indent=2, ensure_ascii=False))


@device_app.command("rotate")
def rotate_secret(
    device: Id,
    grace: Annotated[
        float, typer.Option(metavar="HOURS", min=0, max=24 * 365, help="How long the old secret stays good.")
    ] = 24,
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """Give a device a new secret and print it. The old one stays good for a while, so that the device can be told."""
    with _registry(data, tenant) as (registry, its_tenant, settings, audit):
        secret = registry.rotate(its_tenant, device, grace_s=grace * 3600)
        audit("device.rotate", device)
        if grace == 0:  # whoever came in with the old one goes
            _send_away(settings, its_tenant, device)
    typer.echo(secret)
    typer.echo(f"The old secret of {device} works for another {grace:g} hours.", err=True)


@device_app.command("revoke")
def revoke_device(
    device: Id,
    undo: Annotated[bool, typer.Option("--undo", help="Let it in again.")] = False,
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """Lock a device out. What it has sent stays."""
    with _registry(data, tenant) as (registry, its_tenant, settings, audit):
        (registry.restore if undo else registry.revoke)(its_tenant, device)
        audit("device.restore" if undo else "device.revoke", device)
        if not undo:
            _send_away(settings, its_tenant, device)
    typer.echo(f"Device {device} {'may speak again' if undo else 'is locked out'}.", err=True)


@device_app.command("remove")
def remove_device(
    device: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """Forget a device. The entity that it observed stays, with its past."""
    with _registry(data, tenant) as (registry, its_tenant, settings, audit):
        registry.get(its_tenant, device)
        if not yes:
            typer.confirm(f"Forget the device {device}?", abort=True)
        registry.remove(its_tenant, device)
        audit("device.remove", device)
        _send_away(settings, its_tenant, device)
    typer.echo(f"Device {device} is forgotten.", err=True)


@device_app.command("command")
def send_command(
    device: Id,
    name: Annotated[str, typer.Argument(help="What it should do; the demo's devices know ping and report.")],
    param: Annotated[
        list[str], typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; JSON or text; repeatable.")
    ] = [],  # noqa: B006
    wait: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, max=86_400, help="How long it is good for.")] = 10,
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """Send a device a command through the running city, and wait for what it says."""
    import getpass

    from .control import ask

    answer = ask(
        load(data).data,
        "command",
        tenant=tenant,
        device=device,
        name=name,
        params=dict(_parameter(text) for text in param),
        by=f"person:{getpass.getuser()} (command line)",
        wait_s=wait,
        timeout_s=wait + 30,
    )
    typer.echo(f"{answer['status']}{': ' + answer['detail'] if answer['detail'] else ''}")
    if answer["result"] is not None:
        typer.echo(json.dumps(answer["result"], ensure_ascii=False))
    if answer["status"] != "confirmed":
        raise typer.Exit(1)


def _parameter(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadRequestData(f"{text!r} is no parameter; write NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@contextmanager
def _registry(data: Path | None, tenant: str) -> Iterator[tuple[Registry, str, Settings, Any]]:
    """The registry of an installation, the tenant, its settings, and what records an act in the audit log."""
    import getpass

    from rhinecloud.access import Access, system
    from rhinecloud.base.declare import Model
    from rhinecloud.connect import Registry, Tables
    from rhinecloud.kit import packs

    settings = load(data)
    if not settings.data.is_dir():
        raise ResourceNotFound(
            f"There is no installation in {settings.data}; start one with `rhinecloud up`, or name it with --data"
        )
    its_tenant = tenant or settings.default_tenant
    tables = Tables(settings.data / "tenants")
    model = Model(kind for pack in packs() for kind in pack.types)
    with Access(settings) as access:
        who = system(f"cli:{getpass.getuser()}")

        def audit(action: str, device: str) -> None:
            access.audit(who, action, f"device:{device}", tenant=its_tenant)

        try:
            yield Registry(tables, model=model, default_tenant=settings.default_tenant), its_tenant, settings, audit
        finally:
            tables.close()


def _send_away(settings: Settings, tenant: str, device: str) -> None:
    """Ends a device's connections to a running city: the registry refuses the next one, not the one that is there."""
    from .control import ask
    from .lock import read

    if read(settings.data) is not None:
        try:
            ask(settings.data, "send_away", tenant=tenant, device=device, timeout_s=30)
        except Unavailable as error:
            typer.echo(f"It may still be connected, for the city could not be asked to end that: {error}", err=True)


def _point(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        raise BadRequestData(f"{text!r} is no place; write longitude and latitude, e.g. 6.7623,51.4344") from None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise BadRequestData(f"{text!r} is not on the globe: longitude comes first, then latitude")
    return {"type": "Point", "coordinates": [lon, lat]}


def _explain(settings: Settings, tenant: str, device: Device, secret: str, registry: Registry) -> None:
    """How to speak as this device, ready to paste."""
    from rich.text import Text

    from .lock import read
    from .terminal import SAY

    note = read(settings.data)
    host = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else settings.host  # noqa: S104
    port = note.mqtt_port if note and note.mqtt_port else settings.mqtt_port
    user, topic = f"{tenant}/{device.id}", f"{tenant}/{device.id}/up"
    example = json.dumps(_example(registry, device))
    rows = (
        ("MQTT", f"{host}, port {port}, version 3.1.1, QoS 1"),
        ("User", user),
        ("Password", secret if sys.stderr.isatty() else "(on standard output)"),
        ("Topic", f"{topic}; commands come on {tenant}/{device.id}/command"),
    )
    SAY.print(Text(f"Device {device.id} may speak. Its secret is shown this once.", "bold"))
    for name, value in rows:
        SAY.print(Text(f"  {name:10}", "dim") + Text(value))
    shown = secret if sys.stderr.isatty() else "SECRET"
    url = note.url if note and note.url else f"http://{host}:{settings.port}"
    SAY.print(Text("  Try it", "dim"))
    SAY.print(
        f"    mosquitto_pub -h {host} -p {port} -u {user} -P {shown} -q 1 -t {topic} -m '{example}'", markup=False
    )
    SAY.print(f"    curl {url}/push/{device.id} -H 'Authorization: Bearer {shown}' --json '{example}'", markup=False)
    SAY.print(
        Text("  Send observedAt too where the device has a clock: without it the time of arrival counts,\n"
             "  and a message that is sent twice is two facts.", "dim")
    )  # fmt: skip


def _example(registry: Registry, device: Device) -> dict[str, Any]:
    """A payload that this device could send: its main value, in the middle of what is plausible."""
    term = device.entity_type
    kind = registry.model.types.get(registry.model.terms.get(term, term))
    main = next((a for a in kind.attributes if a.name == kind.main), None) if kind else None
    if main is None:
        return {"value": 1}
    if main.kind not in ("number", "integer"):
        return {main.name: main.options[0] if main.options else "…"}
    low, high = main.minimum or 0, main.maximum if main.maximum is not None else 100
    return {main.name: round(low + (high - low) * (0.6 if low < 0 else 0.25), min(main.decimals or 0, 1))}


def _ago(us: int | None) -> str:
    if not us:
        return "never"
    seconds = max(0, (now_us() - us) // SECOND)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def _state(registry: Registry, device: Device) -> str:
    if device.revoked_us:
        return "locked out"
    return "silent" if registry.silent(device) else ""
