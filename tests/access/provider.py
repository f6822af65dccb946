"""An OpenID Connect provider as a tiny ASGI application, on a real socket: the outside world of the sign-in tests.

It signs real RS256 tokens and demands PKCE. `Provider.twist` lets a test make it lie.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey


class Provider:
    client_id, client_secret = "rhine cloud", "s3cr3t:with/odd+signs"

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
        self.claims: dict[str, Any] = {
            "sub": "u-1",
            "preferred_username": "anna",
            "name": "Anna Muster",
            "email": "a@city.example",
        }
        self.userinfo: dict[str, Any] = {}
        self.twist: Callable[[dict[str, Any]], None] = lambda claims: None
        self.sign: Callable[[dict[str, Any]], str] = lambda claims: jwt.encode(
            {"alg": "RS256", "kid": self.key.kid}, claims, self.key
        )
        self.issued_as: str | None = None
        self.broken = False
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    async def __aenter__(self) -> Provider:
        self._server = uvicorn.Server(
            uvicorn.Config(self, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
        )
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)
        self.issuer = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._task

    def visit(self, address: str) -> dict[str, str]:
        """What a browser comes back with after its person signed in at `address`: the query of the redirect."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == self.client_id
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.asked.append(scope["path"])
        status, answer = self._answer(
            scope["path"], {k.decode(): v.decode() for k, v in scope["headers"]}, body.decode()
        )
        payload = b"<html>" if self.broken else json.dumps(answer).encode()
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": payload})

    def _answer(self, path: str, headers: dict[str, str], body: str) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issued_as or self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        if path == "/keys":
            return 200, {"keys": [{"kty": "???", "kid": "odd"}, self.key.as_dict(private=False)]}
        if path == "/userinfo":
            return 200, {"sub": self.claims["sub"]} | self.userinfo
        return self._token(headers, {name: values[0] for name, values in parse_qs(body).items()})

    def _token(self, headers: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        expected = "rhine+cloud:s3cr3t%3Awith%2Fodd%2Bsigns"  # RFC 6749, 2.3.1: each form-encoded
        if headers.get("authorization") != "Basic " + base64.b64encode(expected.encode()).decode():
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form["code"], None)
        challenge = _url64(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = self.claims | {
            "iss": self.issuer,
            "aud": self.client_id,
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
        }
        self.twist(claims)
        return 200, {"id_token": self.sign(claims), "access_token": "opaque", "token_type": "Bearer"}


def unsigned(claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def signed_with_the_public_key(provider: Provider) -> Callable[[dict[str, Any]], str]:
    """The well-known confusion: HS256 with the RSA public key as its secret. By hand, since libraries refuse."""
    public = provider.key.as_pem(private=False)

    def sign(claims: dict[str, Any]) -> str:
        signed = f"{_part({'alg': 'HS256', 'kid': 'k1'})}.{_part(claims)}"
        return f"{signed}.{_url64(hmac.digest(public, signed.encode(), 'sha256'))}"

    return sign


def _part(members: dict[str, Any]) -> str:
    return _url64(json.dumps(members).encode())


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
