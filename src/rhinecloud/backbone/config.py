"""The configuration of the embedded NATS server, written anew at each start.

Two accounts and no open door: CITY holds devices, streams and our own connections; SYSTEM is ours alone and hears of
everybody who wants to connect. Whoever is not one of our own users is asked about by auth callout.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import msgspec

from rhinecloud.base.settings import Settings

ACCOUNT = "CITY"
MAX_PAYLOAD = 8 * 1024**2
"""Largest message of a device, bytes."""


class Login(msgspec.Struct, frozen=True):
    """User name and password of one of our own connections; made anew for every run of the server."""

    user: str
    password: str


class Plan(msgspec.Struct, frozen=True):
    """What one run of the embedded server uses."""

    port: int  # of NATS itself, on loopback
    mqtt_port: int
    city: Login
    system: Login

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"


def login(user: str) -> Login:
    return Login(user, secrets.token_urlsafe(24))


def write(path: Path, plan: Plan, settings: Settings, issuer: str) -> None:
    """Writes the file, readable by us alone. JSON, since NATS reads that too and quoting is then settled."""
    folder = path.parent
    document = {
        "server_name": "rhinecloud",
        "host": "127.0.0.1",
        "port": plan.port,
        "max_payload": MAX_PAYLOAD,
        "max_pending": 256 * 1024**2,
        "log_file": str(folder / "nats.log"),
        "logfile_size_limit": 8 * 1024**2,
        "logfile_max_num": 3,
        # How long a device waits for our decision, and with it how long our own start may take.
        "authorization": {
            "timeout": 10,
            "auth_callout": {
                "issuer": issuer,
                "account": "SYSTEM",
                "auth_users": [plan.city.user, plan.system.user],
            },
        },
        "accounts": {
            ACCOUNT: {"jetstream": "enabled", "users": [_user(plan.city)]},
            "SYSTEM": {"users": [_user(plan.system)]},
        },
        "system_account": "SYSTEM",
        "jetstream": {
            "store_dir": str(folder),
            "max_memory_store": 256 * 1024**2,
            # Beside the raw input: what MQTT keeps for devices, changes, commands, dead letters.
            "max_file_store": 2 * settings.nats_max_bytes + 4 * 1024**3,
            "sync_interval": "always" if settings.nats_sync_always else "2m",
        },
        "mqtt": {"host": settings.host, "port": plan.mqtt_port, "max_ack_pending": 1000},
    }
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=1), "utf-8")


def _user(one: Login) -> dict[str, str]:
    return {"user": one.user, "password": one.password}
