"""Every setting: typed, with its default and its reason. Read from `rhinecloud.toml` in the data directory and from the
environment (`RHINECLOUD_<NAME>`, upper case); the command line goes over both. `docs/reference/settings.md` is
generated from this file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from .errors import InvalidRequest

Port = Annotated[int, Meta(ge=0, le=65535)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    data: Path = Path("rhinecloud-data")
    """Where everything is kept: one folder, one city installation."""

    host: str = "127.0.0.1"
    """Address to listen on; loopback unless told otherwise, since nothing is open that need not be."""
    port: Port = 8080
    """HTTP: screens and APIs. 0 takes a free one."""
    mqtt_port: Port = 1883
    """MQTT for devices. 0 takes a free one."""
    open: bool = False
    """No sign-in for the APIs; refused on any address but loopback. For test suites and benchmarks."""
    demo: bool = True
    """Starts the demo city's simulator; `--empty` switches it off."""
    demo_days: Annotated[int, Meta(ge=3, le=366)] = 35
    """How far the demo city's past reaches back from its first start: three days at once, the rest behind them."""
    demo_incidents: bool = True
    """In the demo city small incidents come and go by themselves, worked by a control room that is not there."""
    public_url: str = ""
    """How people reach this city from outside, e.g. https://city.example; empty: http://localhost:<port>."""

    database_url: str = ""
    """PostgreSQL for access (postgresql+psycopg://…); empty: an SQLite file in the data directory."""
    nats_url: str = ""
    """An external NATS server or cluster (nats://…); empty: an embedded one is started and supervised."""
    nats_sync_always: bool = False
    """fsync of every JetStream message: survives a power cut, at a sixth of the rate."""
    nats_max_bytes: int = 8 * 1024**3
    """Disk that raw input may take before the oldest is discarded, though nobody has read it yet."""
    nats_keep_bytes: int = 128 * 1024**2
    """Raw input that was read and is kept as evidence, for each of MQTT and the rest. NATS reads all of it at the start
    that follows a crash of its own: some three seconds a GB."""

    default_tenant: str = "city"
    """The tenant of requests that name none."""
    city_name: str = ""
    """What people read as the first tenant's name; empty: Duisburg with the demo, else the tenant's own name."""
    tenant_idle_s: float = 300
    """A tenant untouched for this long is closed, so that a hundred fit into one process."""
    language: str = "de"
    """Language of people who chose none and whose browser asks for neither German nor English."""
    timezone: str = "Europe/Berlin"
    """Time zone of screens and of the day that history closes."""

    map_style: str = ""
    """URL of a MapLibre style that replaces the shipped base map; basemap.de's is proposed in the how-to."""
    map_pmtiles: Path | None = None
    """A PMTiles file (Protomaps schema) to draw the base map from."""

    allow_private_endpoints: bool = False
    """Lets notifications and feeds reach private and loopback addresses; on with `open`."""
    max_body_bytes: int = 32 * 1024**2
    """Largest HTTP request body."""
    oidc_issuer: str = ""
    """OpenID Connect provider for sign-in (its issuer URL); empty: passwords only."""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_roles_claim: str = "groups"
    """The claim that lists a person's groups; a dot goes into an object, as in `realm_access.roles`."""
    oidc_roles: dict[str, str] = {}
    """Which group means which role: from a value of that claim to `role`, `role@tenant` or `role@tenant/agency`."""
    disk_reserve_bytes: int = 512 * 1024**2
    """Below this much free disk, writes are refused before anything is corrupted; reads go on."""
    history_memory_mb: int = 512
    """Memory that DuckDB may use for all tenants together."""
    temporal_page_instances: int = 1000
    """Attribute instances in one answer of the temporal API; what has more is told in parts (206, Content-Range)."""
    smtp_host: str = ""
    """Mail server (SMTP) for what agencies and people are told; empty: no mail leaves this city."""
    smtp_port: Port = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    """"none" only where the server stands on the same machine or network."""
    mail_from: str = ""
    """Sender of the city's mails, e.g. Leitstelle Duisburg <leitstelle@city.example>."""
    trusted_proxies: str = ""
    """Addresses of reverse proxies whose X-Forwarded-For is believed, separated by commas."""


def load(data: Path | None = None, env: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Settings from file, environment and `overrides` (those that are not None), the later over the earlier.

    Raises:
        InvalidRequest: a setting does not exist or has a value that cannot be; the message names it.
    """
    given: dict[str, Any] = {
        name: env[key] for name in Settings.__struct_fields__ if (key := f"RHINECLOUD_{name.upper()}") in env
    }
    folder = Path(data or given.get("data") or Settings.__struct_defaults__[0])
    file = folder / "rhinecloud.toml"
    values: dict[str, Any] = {}
    if file.exists():
        try:
            values = tomllib.loads(file.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidRequest(f"{file} is not valid TOML: {error}") from error
    values |= given | {k: v for k, v in overrides.items() if v is not None} | {"data": str(folder)}
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"Setting {_named(str(error))}; see {file} and the variables RHINECLOUD_…") from error


def _named(message: str) -> str:
    head, _, path = message.partition(" - at `$.")
    return f"{path.rstrip('`')}: {head}" if path else message
