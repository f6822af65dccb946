"""Sign-in through an OpenID Connect provider: authorization code flow with PKCE, state and nonce.

Knows no web framework: `begin` gives the address to send the browser to and a value for a short-lived cookie; `finish`
takes that cookie and the query that the provider sent the browser back with. What we must remember in between travels
in the cookie, signed and for ten minutes, so that a flood of begun sign-ins fills nothing here.

Source: OpenID Connect Core 1.0 (3.1), Discovery 1.0 (4), RFC 7636 (PKCE), RFC 9207 (iss), RFC 9700 (best practice).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from rhinecloud.base.clock import SECOND, Clock, now_us
from rhinecloud.base.errors import Unauthorized, Unavailable
from rhinecloud.base.settings import Settings

from . import keys
from .people import parse_grant
from .principal import Grant
from .signin import Vouched

if TYPE_CHECKING:
    import httpx
    from joserfc.jwk import KeySet

VALID_S: Final = 600
LEEWAY_S: Final = 60
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with the provider's public key; never `none`, never HS256 with a public value as its key."""
KEYS_EVERY_S: Final = 60.0
"""An unknown key makes us ask for the keys again, but no more often than this."""


class Flow(msgspec.Struct, frozen=True):
    """What is remembered between `begin` and `finish`."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    return_to: str
    expires_us: int


class Provider(msgspec.Struct, frozen=True):
    """What we use of a provider's discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Oidc:
    """One provider, the one of the settings.

    Args:
        http: a client to talk to the provider with; None makes one for each use.

    Raises:
        BadRequestData: the setting oidc_roles names a role that does not exist.
    """

    def __init__(self, settings: Settings, clock: Clock = now_us, *, http: httpx.AsyncClient | None = None) -> None:
        self._settings, self._clock, self._http = settings, clock, http
        self._roles = {group: parse_grant(text) for group, text in settings.oidc_roles.items()}
        self._key = keys.key(settings.data, "oidc.key")
        self._provider: Provider | None = None
        self._keys: KeySet | None = None
        self._keys_at = 0.0
        self._lock = asyncio.Lock()

    async def begin(self, redirect_uri: str, *, return_to: str = "/") -> tuple[str, str]:
        """(address to send the browser to, value of the cookie that goes with it).

        The cookie has to be HttpOnly, SameSite=Lax, Secure where the city is reached by https, and to live `VALID_S`.

        Raises:
            Unavailable: the provider does not answer as one.
        """
        provider = await self._discover()
        flow = Flow(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            return_to=_local(return_to),
            expires_us=self._clock() + VALID_S * SECOND,
        )
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": _url64(hashlib.sha256(flow.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        mark = "&" if urlsplit(provider.authorization_endpoint).query else "?"
        return f"{provider.authorization_endpoint}{mark}{urlencode(query)}", self._seal(flow)

    async def finish(self, cookie: str, query: Mapping[str, str]) -> tuple[Vouched, str]:
        """(whom the provider vouches for, the path of ours to go on to). The cookie is to be deleted, whatever comes.

        Raises:
            Unauthorized: anything does not fit: another browser, another provider, a replayed or forged answer.
            Unavailable: the provider does not answer.
        """
        flow = self._unseal(cookie)
        provider = await self._discover()
        if not hmac.compare_digest(query.get("state", "").encode(), flow.state.encode()):
            raise Unauthorized("This sign-in was not begun in this browser; start again")
        if query.get("iss", provider.issuer) != provider.issuer or (
            provider.authorization_response_iss_parameter_supported and "iss" not in query
        ):
            raise Unauthorized("The answer comes from another identity provider")
        if "error" in query:
            raise Unauthorized(
                f"The identity provider says {query['error'][:100]}: {query.get('error_description', '')[:200]}"
            )
        if not query.get("code"):
            raise Unauthorized("The identity provider sent no code")
        answer = await self._exchange(provider, flow, query["code"])
        claims = await self._claims(provider, flow, answer)
        return self._vouched(provider, claims), flow.return_to

    async def _exchange(self, provider: Provider, flow: Flow, code: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect_uri,
            "code_verifier": flow.verifier,
            "client_id": self._settings.oidc_client_id,
        }
        headers = {"Accept": "application/json"}
        secret = self._settings.oidc_client_secret
        if secret and "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
            pair = urlencode({"": self._settings.oidc_client_id})[1:] + ":" + urlencode({"": secret})[1:]
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif secret:
            form["client_secret"] = secret
        status, answer = await self._call("POST", provider.token_endpoint, data=form, headers=headers)
        if status >= 500:
            raise Unavailable("The identity provider cannot exchange the code now")
        if status != 200 or not isinstance(answer.get("id_token"), str):
            raise Unauthorized(f"The identity provider refused the code: {str(answer.get('error', status))[:100]}")
        return answer

    async def _claims(self, provider: Provider, flow: Flow, answer: dict[str, Any]) -> dict[str, Any]:
        """The ID token's claims, each checked that has to be (OpenID Connect Core 1.0, 3.1.3.7)."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        for fresh in (False, True):
            try:
                token = jwt.decode(
                    answer["id_token"], await self._key_set(provider, fresh), algorithms=list(ALGORITHMS)
                )
                break
            except InvalidKeyIdError as error:  # the provider may have changed its keys
                if fresh:
                    raise Unauthorized("The ID token is signed with an unknown key") from error
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise Unauthorized(f"The ID token is not valid: {error}") from error
        claims: dict[str, Any] = token.claims
        now, client = self._clock() / SECOND, self._settings.oidc_client_id
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        checks = {
            "another issuer": claims.get("iss") == provider.issuer,
            "another audience": client in audiences,
            "another party": claims.get("azp", client) == client and (len(audiences) == 1 or "azp" in claims),
            "another nonce": hmac.compare_digest(str(claims.get("nonce", "")).encode(), flow.nonce.encode()),
            "no subject": isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255,
            "expired": _number(claims.get("exp")) > now - LEEWAY_S,
            "issued in the future": 0 < _number(claims.get("iat")) < now + LEEWAY_S,
        }
        for reason, good in checks.items():
            if not good:
                raise Unauthorized(f"The ID token is not valid: {reason}")
        return claims | await self._userinfo(provider, claims, answer)

    async def _userinfo(self, provider: Provider, claims: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """Claims that the provider keeps at its userinfo endpoint, where the ID token lacks the groups."""
        wanted = self._settings.oidc_roles_claim.split(".", 1)[0]
        access_token = answer.get("access_token")
        if not provider.userinfo_endpoint or not isinstance(access_token, str) or wanted in claims:
            return {}
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        status, found = await self._call("GET", provider.userinfo_endpoint, headers=headers)
        if status != 200 or found.get("sub") != claims["sub"]:
            return {}
        return {name: value for name, value in found.items() if name not in claims}

    def _vouched(self, provider: Provider, claims: dict[str, Any]) -> Vouched:
        name = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])
        return Vouched(
            issuer=provider.issuer,
            subject=claims["sub"],
            name=_plain(name)[:90],
            title=_plain(str(claims.get("name") or name))[:200],
            email=_plain(str(claims.get("email") or ""))[:200],
            grants=self._grants(claims),
        )

    def _grants(self, claims: dict[str, Any]) -> tuple[Grant, ...]:
        """The roles that the groups in the claims stand for; groups that the settings do not name mean nothing here."""
        found: Any = claims
        for part in self._settings.oidc_roles_claim.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        groups = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        return tuple(self._roles[group] for group in groups if isinstance(group, str) and group in self._roles)

    async def _discover(self) -> Provider:
        async with self._lock:
            if self._provider is None:
                issuer = self._settings.oidc_issuer
                status, document = await self._call("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
                try:
                    found = msgspec.convert(document, Provider)
                except msgspec.ValidationError as error:
                    raise Unavailable(f"{issuer} does not answer as an OpenID provider ({status}): {error}") from error
                if found.issuer != issuer:
                    raise Unavailable(f"{issuer} says that it is {found.issuer}; set oidc_issuer to exactly that")
                for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                    _secure(address)
                self._provider = found
            return self._provider

    async def _key_set(self, provider: Provider, fresh: bool) -> KeySet:
        from joserfc.jwk import KeySet

        async with self._lock:
            now = time.monotonic()
            if self._keys is None or (fresh and now - self._keys_at > KEYS_EVERY_S):
                _, document = await self._call("GET", provider.jwks_uri)
                try:
                    # A key of a kind we do not know must not make the others useless.
                    known = [
                        k
                        for k in document["keys"]
                        if k.get("kty") in ("RSA", "EC", "OKP") and k.get("use", "sig") == "sig"
                    ]
                    self._keys = KeySet.import_key_set({"keys": known})
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise Unavailable(f"The keys of {provider.issuer} cannot be read: {error}") from error
                self._keys_at = now
            return self._keys

    async def _call(self, method: str, url: str, **more: Any) -> tuple[int, dict[str, Any]]:
        import httpx

        _secure(url)
        client = self._http or httpx.AsyncClient(timeout=10, follow_redirects=False)
        try:
            answer = await client.request(method, url, **more)
            document = answer.json() if len(answer.content) < 1_000_000 else None
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(f"The identity provider does not answer: {type(error).__name__}") from error
        finally:
            if self._http is None:
                await client.aclose()
        return answer.status_code, document if isinstance(document, dict) else {}

    def _seal(self, flow: Flow) -> str:
        body = msgspec.json.encode(flow)
        return f"{_url64(body)}.{_url64(hmac.digest(self._key, body, 'sha256'))}"

    def _unseal(self, cookie: str) -> Flow:
        refused = Unauthorized("This sign-in was not begun in this browser, or too long ago; start again")
        body, _, seal = cookie.partition(".")
        try:
            raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            if not hmac.compare_digest(_url64(hmac.digest(self._key, raw, "sha256")).encode(), seal.encode()):
                raise refused
            flow = msgspec.json.decode(raw, type=Flow)
        except (ValueError, msgspec.DecodeError) as error:
            raise refused from error
        if flow.expires_us < self._clock():
            raise refused
        return flow


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()


def _local(path: str) -> str:
    """A path of ours, so that a sign-in cannot be made to end at somebody else's site."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and len(path) <= 1000
    return path if good else "/"


def _secure(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.hostname or "") not in ("localhost", "127.0.0.1", "::1"):
        raise Unavailable(f"{url} has to be https")
