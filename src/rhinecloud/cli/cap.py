"""`rhinecloud cap`: messages of other warners, from files: into the running city, or looked at where they lie."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.base.settings import load

from .client import Client
from .table import table

cap_app = typer.Typer(no_args_is_help=True, help="Warnings of others (CAP): bring files in, or check them.")

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of the installation.")]
Tenant = Annotated[str, typer.Option(help="The tenant that takes them in; without: the default one.")]
Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE…", help="CAP, Atom, EDXL-DE, JSON, zip, folders; -: the pipe."),
]


@cap_app.command("take")
def take(files: Files, tenant: Tenant = "", data: Data = None) -> None:
    """Bring messages into the running city; what it refuses, it keeps with the reason. Ends with 1 where any was."""
    refused = 0
    with Client(load(data=data).data, tenant=tenant) as client:
        for name, content in _read(files):
            answer = _send(client, name, content)
            messages: list[dict[str, Any]] = answer.get("messages", [])
            if not messages:
                messages = [{"name": name, "outcome": "refused", "detail": answer.get("detail", "")}]
            for one in messages:
                said = one.get("headline") or one.get("detail", "")
                here = " · here" if one.get("here") else ""
                typer.echo(f"{one['outcome']:8} {one['name']}: {said}{here}")
                refused += one["outcome"] == "refused"
    if refused:
        typer.echo(f"{refused} refused; they lie at /warning-desk/refused with their reasons", err=True)
        raise typer.Exit(1)


def _send(client: Client, name: str, content: bytes) -> dict[str, Any]:
    while True:
        answer = client.request("POST", "/cap", content=content, params={"name": name}, accept=(400, 413, 429))
        if answer.status_code != 429:
            return answer.json()  # type: ignore[no-any-return]
        time.sleep(float(answer.headers.get("retry-after", "1")))


@cap_app.command("check")
def check(files: Files) -> None:
    """Say what the schema and section 3 of CAP have against messages; no city need run. Ends with 1 where anything."""
    from rhinecloud.operations import warnings

    rows = []
    bad = 0
    for name, content in _read(files):
        for one in warnings.examine(name, content):
            bad += any(f.level == "error" for f in one.faults)
            said = "; ".join(f"{f.level}: {f.text}" for f in one.faults) or "as it should be"
            rows.append((one.name, one.version, one.kind, one.seal, said))
    table(("message", "CAP", "type", "signature", "what is wrong"), rows)
    if bad:
        raise typer.Exit(1)


def _read(files: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for file in files:
        if str(file) == "-":
            yield "pipe", sys.stdin.buffer.read()
        elif file.is_dir():
            yield from _read(sorted(f for f in file.rglob("*") if f.is_file() and not f.name.startswith(".")))
        else:
            try:
                yield file.name, file.read_bytes()
            except OSError as error:
                raise ResourceNotFound(f"{file} cannot be read: {error.strerror}") from error
