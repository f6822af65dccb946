"""`rhinecloud status`: is the city up, and how is each part of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.text import Text

from .client import Client
from .lock import running
from .terminal import SHOW

_STATES = {
    "ok": "green",
    "up": "green",
    "pass": "green",
    "degraded": "yellow",
    "warn": "yellow",
    "down": "red",
    "fail": "red",
}


def status(data: Path) -> None:
    """Prints the running city's health.

    Raises:
        Unavailable: no city runs on `data`, or it does not answer.
    """
    note = running(data)
    with Client(data) as city:
        health = city.get("/health", accept=(200, 503))
    rows = [
        ("address", note.url),
        ("MQTT", f"port {note.mqtt_port}"),
        ("process", f"{note.pid}, since {note.started_at}"),
    ]
    for name, value in (*rows, *_flat(health)):
        SHOW.print(Text(f"{name:24}", "dim") + Text(value, _STATES.get(value, "")))


def _flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Nested members as dotted names, in their order."""
    if isinstance(value, dict):
        return [row for key, inner in value.items() for row in _flat(inner, f"{name}.{key}" if name else str(key))]
    if isinstance(value, list):
        return [(name, ", ".join(map(str, value)))]
    return [(name, str(value))]
