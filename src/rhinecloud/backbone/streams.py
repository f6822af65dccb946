"""The streams, declared: what each keeps and for how long. They exist before a device can publish.

The server would make ``$MQTT_msgs`` itself, with a retention that drops a message once it was read. We make it
first, as a log with a size limit: an acknowledged message is there whether anybody consumes or not, and stays evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import msgspec

from rhinecloud.base.errors import Unavailable
from rhinecloud.base.settings import Settings

from .topics import topic_of

if TYPE_CHECKING:
    from nats.aio.client import Client

MQTT = "$MQTT_msgs"
RAW = "RAW"
MQTT_PREFIX = "$MQTT.msgs."

_DAY_NS = 86_400 * 10**9


def declared(settings: Settings) -> list[dict[str, Any]]:
    """Configurations as JetStream's API takes them."""
    half = settings.nats_max_bytes // 2
    common = {"retention": "limits", "discard": "old", "storage": "file", "num_replicas": 1, "allow_direct": True}
    return [
        common | {"name": MQTT, "subjects": [MQTT_PREFIX + ">"], "max_bytes": half},
        common | {"name": RAW, "subjects": ["raw.>"], "max_bytes": half, "duplicate_window": 120 * 10**9},
        common | {"name": "CHANGES", "subjects": ["changes.*"], "max_bytes": 256 * 1024**2, "max_age": 3600 * 10**9},
        common | {"name": "COMMANDS", "subjects": ["commands.>"], "max_bytes": 256 * 1024**2, "max_age": 30 * _DAY_NS},
        common | {"name": "ALERTS", "subjects": ["alerts.*"], "max_bytes": 64 * 1024**2, "max_age": 30 * _DAY_NS},
        common
        | {"name": "OPERATIONS", "subjects": ["operations.*"], "max_bytes": 64 * 1024**2, "max_age": 30 * _DAY_NS},
        common | {"name": "DEAD", "subjects": ["dead.>"], "max_bytes": 256 * 1024**2, "max_age": 30 * _DAY_NS},
    ]


def raw_subject(tenant: str, kind: str, name: str) -> str:
    """The subject of raw input that does not come by MQTT: `kind` is http, poll or file, `name` the device or feed."""
    return f"raw.{tenant}.{kind}.{quote(name, safe='').replace('.', '%2E').replace('~', '%7E')}"


def name_of(subject: str) -> str:
    """What `RawMessage.subject` says of a message: the MQTT topic, or ``http/<tenant>/<device>``."""
    if subject.startswith(MQTT_PREFIX):
        return topic_of(subject[len(MQTT_PREFIX) :])
    if subject.startswith("raw."):
        _, tenant, kind, name = (*subject.split(".", 3), "", "")[:4]
        return f"{kind}/{tenant}/{unquote(name)}"
    return subject.replace(".", "/")


ANSWER_S = 2.0
"""How long a request waits. One that was on its way when the server died is never answered."""


class Api:
    """JetStream's own request API, as far as we need it; thin, since its answers are plain JSON."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, name: str, body: Any = None, *, allow: Iterable[int] = ()) -> dict[str, Any]:
        """One request. Answers whose error code is in `allow` are returned, with their member "error".

        Raises:
            Unavailable: no answer, or a refusal.
        """
        import nats.errors

        try:
            answer = await self._client.request(
                f"$JS.API.{name}", msgspec.json.encode(body) if body is not None else b"", timeout=ANSWER_S
            )
        except (nats.errors.Error, OSError) as error:
            raise Unavailable(f"The backbone does not answer {name}: {error or type(error).__name__}") from error
        result: dict[str, Any] = msgspec.json.decode(answer.data)
        fault = result.get("error")
        if fault and fault.get("err_code") not in tuple(allow):
            raise Unavailable(f"The backbone refuses {name}: {fault.get('description')}")
        return result

    async def ensure(self, stream: dict[str, Any]) -> dict[str, Any]:
        """The stream as it is now: made, or brought to its declaration where that changed. Returns its info."""
        name = stream["name"]
        info = await self.call(f"STREAM.CREATE.{name}", stream, allow=(NAME_IN_USE,))
        if "error" in info:
            present = (await self.call(f"STREAM.INFO.{name}"))["config"]
            # Replicas are left as the operator of a cluster has set them.
            info = await self.call(
                f"STREAM.UPDATE.{name}", present | stream | {"num_replicas": present["num_replicas"]}
            )
        return info

    async def info(self, stream: str) -> dict[str, Any]:
        return await self.call(f"STREAM.INFO.{stream}")


NAME_IN_USE = 10058
"""JSStreamNameExistErr: a stream of that name exists with another configuration."""
