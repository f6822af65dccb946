"""The tree of commands: names, options and help; what each does is in the file of its name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rhinecloud import __version__

from .cap import cap_app
from .device import device_app
from .feeds import feed_app
from .mending import dead_app, quarantine_app
from .packs import pack_app
from .people import audit_app, tenant_app, token_app, user_app
from .roads import roads_app
from .simulate import simulate_app

app = typer.Typer(
    name="rhinecloud",
    help="Rhine Cloud: an open smart-city platform in one program, from the sensor to the citizen.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Data directory.  [default: $RHINECLOUD_DATA or rhinecloud-data]",
        show_default=False,
    ),
]
RUN, DATA, WHO = "Run a city", "Bring data in and out", "Who and what takes part"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Rhine Cloud {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(rich_help_panel=RUN)
def up(
    data: FolderOption = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="HTTP port; 0 takes a free one.  [default: 8080]", show_default=False),
    ] = None,
    mqtt_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="MQTT port; 0 takes a free one.  [default: 1883]", show_default=False),
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]", show_default=False)
    ] = None,
    empty: Annotated[bool, typer.Option("--empty", help="A real city, without the simulated demo.")] = False,
    open_: Annotated[
        bool, typer.Option("--open", help="No sign-in for the APIs; on loopback only, for tests.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="More words in the log.")] = False,
) -> None:
    """Start the city in the foreground; ctrl-C stops it."""
    from rhinecloud.base.settings import load
    from rhinecloud.base.telemetry import set_up_logs

    from .up import up as start

    set_up_logs(verbose)
    start(
        load(
            data, host=host, port=port, mqtt_port=mqtt_port, demo=False if empty else None, open=True if open_ else None
        )
    )


@app.command(rich_help_panel=RUN)
def status(data: FolderOption = None) -> None:
    """Say how the running city is."""
    from .status import status as show

    show(_folder(data))


@app.command(rich_help_panel=RUN)
def doctor(data: FolderOption = None) -> None:
    """Find out what is wrong with this installation, and what to do."""
    from rhinecloud.base.settings import load

    from .doctor import doctor as examine

    if not examine(load(data)):
        raise typer.Exit(1)


@app.command("import", rich_help_panel=DATA)
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV, JSON, JSON lines, GeoJSON or NGSI-LD.")],
    type_: Annotated[
        str, typer.Option("--type", "-t", help="Entity type of the records, where it cannot be told.")
    ] = "",
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A mapping (JSON), instead of recognition.", show_default=False)
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of times that have none.")] = "Europe/Berlin",
    again: Annotated[bool, typer.Option("--again", help="Take in again what has been taken in.")] = False,
    tenant: Annotated[str, typer.Option(help="The tenant; without: the default one.")] = "",
    data: FolderOption = None,
) -> None:
    """Bring files into the running city. Interrupted, the same command goes on where it ended."""
    from .importing import import_file

    refused = 0
    for file in files:
        found = import_file(_folder(data), file, tenant=tenant, kind=type_, mapping=mapping, zone=zone, again=again)
        refused += found.refused
        typer.echo(f"{file.name}: {found.taken} taken in" + (f", {found.refused} not" if found.refused else ""))
        for reason, count in found.reasons.most_common(5):
            typer.echo(f"  {count} × {reason}", err=True)
        if found.rejects:
            typer.echo(f"  They are kept with their reasons in {found.rejects}", err=True)
    if refused:
        raise typer.Exit(1)


@app.command(rich_help_panel=DATA)
def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Its ending says the form: .jsonld .json .geojson .csv .parquet")
    ],
    type_: Annotated[str, typer.Option("--type", "-t", help="Only this entity type.")] = "",
    q: Annotated[str, typer.Option("-q", help="Only what meets this condition, e.g. availableSpotNumber>100.")] = "",
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="The past, from this moment on.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="The past, up to this moment.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    tenant: Annotated[str, typer.Option(help="The tenant; without: the default one.")] = "",
    data: FolderOption = None,
) -> None:
    """Write the city's present, or with --from or --to its past, into a file."""
    from .exporting import Wanted
    from .exporting import export as write

    wanted = Wanted(type=type_, q=q, tenant=tenant, start=start, end=end)
    count = write(_folder(data), file, wanted, force=force)
    typer.echo(f"{file.name}: {f'{count / 1e6:.2f} MB' if wanted.past else f'{count} entities'}")


@app.command(rich_help_panel=DATA)
def backup(
    archive: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Archive to write, or a folder for it.", show_default=False)
    ] = None,
    data: FolderOption = None,
) -> None:
    """Write a verified archive of the city, while it runs or while it stands still."""
    from .backup import backup as write
    from .terminal import note

    made = write(_folder(data), archive)
    note(f"{made.stat().st_size / 1e6:.1f} MB, verified. It holds the city's secrets: keep it safe.")
    typer.echo(str(made))


@app.command(rich_help_panel=DATA)
def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="Archive that `rhinecloud backup` wrote.")],
    check: Annotated[bool, typer.Option("--check", help="Only verify the archive.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Put a city that is there aside first.")] = False,
    data: FolderOption = None,
) -> None:
    """Put the city of an archive into an empty data directory, verified file by file."""
    from .backup import restore as put
    from .backup import verify
    from .terminal import note

    if check:
        manifest = verify(archive)
    else:
        manifest, aside = put(archive, _folder(data), force=force)
        if aside:
            note(f"The city that was there is in {aside}.")
    note(f"{len(manifest.files)} files of {manifest.made_at} (Rhine Cloud {manifest.program}), each as it was.")


app.add_typer(device_app, name="device", rich_help_panel=WHO)
app.add_typer(quarantine_app, name="quarantine", rich_help_panel=DATA)
app.add_typer(dead_app, name="dead", rich_help_panel=DATA)
app.add_typer(feed_app, name="feed", rich_help_panel=WHO)
app.add_typer(pack_app, name="pack", rich_help_panel=WHO)
app.add_typer(cap_app, name="cap", rich_help_panel=DATA)
app.add_typer(roads_app, name="roads", rich_help_panel=DATA)
app.add_typer(simulate_app, name="simulate", rich_help_panel=RUN)
app.add_typer(user_app, name="user", rich_help_panel=WHO)
app.add_typer(token_app, name="token", rich_help_panel=WHO)
app.add_typer(tenant_app, name="tenant", rich_help_panel=WHO)
app.add_typer(audit_app, name="audit", rich_help_panel=WHO)


def _folder(data: Path | None) -> Path:
    from rhinecloud.base.settings import load

    return load(data).data
