"""Who may connect by MQTT: NATS asks us at each connect (auth callout), and we answer with a signed grant.

So no server configuration is written anew when a device is added, and a revoked one is gone at once.
Source: NATS ADR-26, Authorization Callouts.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rhinecloud.base.telemetry import counter, logger

from .config import ACCOUNT
from .messages import Authenticate, MqttGrant
from .topics import subjects

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

log = logger("backbone")
asked = counter("mqtt_connects", "MQTT connects by outcome", ("outcome",))

_HEADER = base64.urlsafe_b64encode(b'{"typ":"JWT","alg":"ed25519-nkey"}').rstrip(b"=") + b"."
# Beside its topics: where the server delivers QoS 1 and 2 to a client. It cannot subscribe there by itself.
_INTERNAL = ["$MQTT.sub.>", "$MQTT.deliver.pubrel.>"]


class Issuer:
    """Our signing key; NATS believes grants of this key alone."""

    def __init__(self, file: Path) -> None:
        import nkeys

        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_ACCOUNT))
        self._key = nkeys.from_seed(bytearray(file.read_bytes().strip()))
        self.public: str = self._key.public_key.decode()

    def token(self, subject: str, audience: str, nats: dict[str, Any], name: str = "") -> str:
        claims = {
            "jti": secrets.token_hex(16),
            "iat": int(time.time()),
            "iss": self.public,
            "sub": subject,
            "aud": audience,
            "name": name,
            "nats": nats | {"version": 2},
        }
        signed = _HEADER + base64.urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=")
        signature: bytes = self._key.sign(signed)
        return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


class Admission:
    """Answers NATS's questions on one connection; holds them back until `open` is called."""

    def __init__(
        self, issuer: Issuer, authenticate: Authenticate, learn: Callable[[MqttGrant], Awaitable[None]]
    ) -> None:
        self._issuer = issuer
        self._authenticate = authenticate
        self._learn = learn
        self._ready = asyncio.Event()

    def open(self) -> None:
        """From now on devices are let in: streams and consumers are there."""
        self._ready.set()

    async def serve(self, client: Client, *, embedded: bool) -> None:
        """Begins to listen; questions wait unanswered until `open`."""

        async def answer(message: Msg) -> None:
            await self._ready.wait()
            await client.publish(message.reply, await self._answer(message.data))

        await client.subscribe("$SYS.REQ.USER.AUTH", cb=answer)
        await client.flush()
        if embedded:
            await self.listening(client)

    async def listening(self, client: Client) -> None:
        """Ends the connections about which we were asked before we listened, so that they ask again at once.

        The server listens for devices before it can hear us, and a question that nobody heard is never asked again:
        such a device would hang until the server's patience ends.
        """
        for server, rows in (await _connections(client, {"auth": True, "limit": 10_000})).items():
            waiting = [row["cid"] for row in rows if row.get("type") == "mqtt" and not row.get("account")]
            if waiting:
                log.info("mqtt_asked_anew", connections=len(waiting))
            await _kick(client, server, waiting)

    async def _answer(self, request: bytes) -> bytes:
        body = request.split(b".")[1]
        question = msgspec.json.decode(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))["nats"]
        server, user = question["server_id"]["id"], question["user_nkey"]
        token, error = await self._decide(question, user)
        verdict: dict[str, Any] = {"type": "authorization_response", "jwt": token, "error": error}
        return self._issuer.token(user, server, verdict).encode()

    async def _decide(self, question: dict[str, Any], user: str) -> tuple[str, str]:
        """(a user's token, "") or ("", why not)."""
        client, options = question["client_info"], question["connect_opts"]
        name = options.get("user", "")
        if client.get("type") != "mqtt":
            asked.labels("not_mqtt").inc()
            return "", "only devices connect here, by MQTT"
        try:
            grant = self._authenticate(name, options.get("pass", ""), client.get("mqtt_id", ""))
            publish, subscribe = subjects(grant) if grant else ([], [])
        except Exception:
            # One device with a broken entry must not keep the others out.
            log.exception("mqtt_authenticate", user=name)
            asked.labels("failed").inc()
            return "", "the device's entry cannot be used"
        if grant is None:
            asked.labels("refused").inc()
            log.info("mqtt_refused", user=name, client=client.get("mqtt_id"), host=client.get("host"))
            return "", "unknown device or wrong secret"
        await self._learn(grant)
        asked.labels("accepted").inc()
        rights = {
            "type": "user",
            # An empty list would allow everything.
            "pub": {"allow": publish} if publish else {"deny": [">"]},
            "sub": {"allow": subscribe + _INTERNAL},
            "subs": -1,
            "data": -1,
            "payload": -1,
        }
        return self._issuer.token(user, ACCOUNT, rights, name), ""


async def disconnect(client: Client, names: list[str]) -> int:
    """Ends the MQTT connections of these user names, wherever in the cluster. Returns how many it asked to end.

    Source: nats-server, server/events.go ($SYS.REQ.SERVER.PING.CONNZ, $SYS.REQ.SERVER.<id>.KICK).
    """
    ended = 0
    for name in names:
        question = {"auth": True, "user": name, "acc": ACCOUNT, "limit": 1024}
        for server, rows in (await _connections(client, question)).items():
            await _kick(client, server, [row["cid"] for row in rows])
            ended += len(rows)
    return ended


async def _kick(client: Client, server: str, connections: list[int]) -> None:
    for connection in connections:
        # A request, since the server heeds none without a reply subject.
        await client.request(f"$SYS.REQ.SERVER.{server}.KICK", b'{"cid":%d}' % connection, timeout=5)


async def _connections(client: Client, question: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Connections that the question is about, by server."""
    found: dict[str, list[dict[str, Any]]] = {}
    heard = asyncio.Event()

    async def collect(message: Msg) -> None:
        answer = msgspec.json.decode(message.data)
        found[answer["server"]["id"]] = (answer.get("data") or {}).get("connections") or []
        heard.set()

    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, cb=collect)
    await client.publish("$SYS.REQ.SERVER.PING.CONNZ", msgspec.json.encode(question), reply=inbox)
    # The first answer comes within milliseconds; those of other servers of a cluster shortly after.
    try:
        await asyncio.wait_for(heard.wait(), 2)
        if client._server_info.get("cluster"):
            await asyncio.sleep(0.3)
    except TimeoutError:
        log.warning("nats_tells_no_connections", remedy="give the account of nats_url the rights of the system account")
    await subscription.unsubscribe()
    return found
