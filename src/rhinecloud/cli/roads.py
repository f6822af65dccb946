"""`rhinecloud roads`: the streets that units drive on, from an OpenStreetMap extract. Acts on a tenant's folder, beside
a running city too, which takes the network up at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rhinecloud.base.clock import iso, now_us
from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.base.settings import load

from .people import installation

roads_app = typer.Typer(no_args_is_help=True, help="The streets that units drive on: travel times by road.")

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of the installation.")]
Tenant = Annotated[str, typer.Option(help="The tenant whose units drive there; without: the default one.")]


@roads_app.command("import")
def import_roads(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Extract: .osm.pbf, .osm, .osm.gz or .osm.bz2.")],
    tenant: Tenant = "",
    data: Data = None,
) -> None:
    """Load the streets of an OpenStreetMap extract; what was loaded before is replaced."""
    from rhinecloud.operations import planning

    folder = _folder(data, tenant)
    about = planning.import_extract(folder, file, now_us())
    _record(data, folder.name, "roads.import", about.name, sha256=about.sha256)
    _say(about)
    typer.echo("Where these times are shown, name the source: © OpenStreetMap contributors (ODbL 1.0)", err=True)


@roads_app.command("show")
def show(tenant: Tenant = "", data: Data = None) -> None:
    """Say which extract is loaded."""
    from rhinecloud.operations import planning

    about = planning.known_of(_folder(data, tenant))
    if about is None:
        typer.echo("No streets are loaded: travel times are estimates by the crow's flight.")
    else:
        _say(about)


@roads_app.command("remove")
def remove(tenant: Tenant = "", data: Data = None) -> None:
    """Drive by estimates again."""
    from rhinecloud.operations import planning

    folder = _folder(data, tenant)
    if not planning.remove_extract(folder):
        raise ResourceNotFound("No streets are loaded")
    _record(data, folder.name, "roads.remove", folder.name)
    typer.echo("Travel times are estimates by the crow's flight again.")


def _say(about: object) -> None:
    from rhinecloud.operations import planning

    assert isinstance(about, planning.About)
    west, south, east, north = about.bounds
    typer.echo(f"{about.name}: {about.kilometres:g} km of streets, {about.nodes} places, {about.edges} stretches")
    dated = about.dated or "a day that it does not say"
    typer.echo(f"  from {west:.3f} {south:.3f} to {east:.3f} {north:.3f}; state of {dated}")
    typer.echo(f"  loaded {iso(about.imported_us)}, SHA-256 {about.sha256}")


def _folder(data: Path | None, tenant: str) -> Path:
    settings = load(data)
    folder = settings.data / "tenants" / (tenant or settings.default_tenant)
    if not folder.is_dir():
        where = f"{settings.data}; start the city once, or name it by --data"
        raise ResourceNotFound(f"There is no tenant {folder.name} in {where}")
    return folder


def _record(data: Path | None, tenant: str, action: str, subject: str, **detail: str) -> None:
    """Into the audit log, as whoever has the data directory in hand."""
    with installation(data) as (access, by, _):
        access.audit(by, action, subject, tenant=tenant, **detail)
