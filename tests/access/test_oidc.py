"""Sign-in through an OpenID Connect provider, over a real socket with really signed tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from joserfc.jwk import RSAKey

from rhinecloud.access import Access, Grant, oidc, system
from rhinecloud.access.oidc import Oidc
from rhinecloud.base.clock import SECOND, now_us
from rhinecloud.base.errors import BadRequestData, Forbidden, Unauthorized, Unavailable
from rhinecloud.base.settings import Settings

from .provider import Provider, signed_with_the_public_key, unsigned

BACK = "http://localhost:8080/sign-in/oidc/callback"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider() as serving:
        yield serving


@pytest.fixture
def settings(tmp_path: Path, provider: Provider) -> Settings:
    return Settings(
        data=tmp_path,
        oidc_issuer=provider.issuer,
        oidc_client_id=provider.client_id,
        oidc_client_secret=provider.client_secret,
        oidc_roles={"cn=fire": "operator@city", "cn=it": "administrator"},
    )


@pytest.fixture
def client(settings: Settings) -> Oidc:
    return Oidc(settings)


async def through(client: Oidc, provider: Provider, **changed: str) -> Any:
    address, cookie = await client.begin(BACK, return_to="/map")
    return await client.finish(cookie, provider.visit(address) | changed)


async def test_who_the_provider_vouches_for_is_signed_in_with_their_roles(
    settings: Settings, client: Oidc, provider: Provider
) -> None:
    provider.claims["groups"] = ["cn=fire", "cn=choir"]
    claim, onward = await through(client, provider)
    assert onward == "/map"
    assert (claim.subject, claim.name, claim.title, claim.email) == ("u-1", "anna", "Anna Muster", "a@city.example")
    with Access(settings) as access:
        session = access.session(access.sign_in.vouched(claim, address="::1"))
        assert session is not None
        assert session.principal.grants == (Grant("operator", "city"),)


async def test_roles_are_renewed_at_each_sign_in_and_local_ones_stay(
    settings: Settings, client: Oidc, provider: Provider
) -> None:
    provider.claims["groups"] = ["cn=fire"]
    with Access(settings) as access:
        access.sign_in.vouched((await through(client, provider))[0], address="::1")
        access.people.set_roles(system("x"), "anna", add=[Grant("analyst", "city")])
        provider.claims["groups"] = []
        access.sign_in.vouched((await through(client, provider))[0], address="::1")
        assert access.people.get("anna").grants == (Grant("analyst", "city"),)
        assert len(access.people.list()) == 1


async def test_somebody_here_with_the_same_name_is_somebody_else(
    settings: Settings, client: Oidc, provider: Provider
) -> None:
    with Access(settings) as access:
        access.people.add(system("x"), "anna", grants=[Grant("administrator")], email="a@city.example")
        session = access.session(access.sign_in.vouched((await through(client, provider))[0], address="::1"))
        assert session is not None
        assert session.name == "anna-2"
        assert session.principal.grants == ()


async def test_a_person_disabled_here_does_not_get_in(settings: Settings, client: Oidc, provider: Provider) -> None:
    with Access(settings) as access:
        access.sign_in.vouched((await through(client, provider))[0], address="::1")
        access.people.disable(system("x"), "anna")
        with pytest.raises(Forbidden):
            access.sign_in.vouched((await through(client, provider))[0], address="::1")


async def test_groups_are_found_inside_objects_and_at_the_userinfo_endpoint(
    settings: Settings, provider: Provider
) -> None:
    nested = Oidc(msgspec.structs.replace(settings, oidc_roles_claim="realm_access.roles"))
    provider.claims["realm_access"] = {"roles": ["cn=it"]}
    assert (await through(nested, provider))[0].grants == (Grant("administrator"),)
    provider.userinfo = {"groups": ["cn=fire"], "email": "other@evil.example"}
    claim = (await through(Oidc(settings), provider))[0]
    assert claim.grants == (Grant("operator", "city"),)
    assert claim.email == "a@city.example"  # the signed one counts


async def test_userinfo_of_somebody_else_is_ignored(client: Oidc, provider: Provider) -> None:
    provider.userinfo = {"sub": "u-2", "groups": ["cn=it"]}
    assert (await through(client, provider))[0].grants == ()


@pytest.mark.parametrize("groups", [None, 3, "cn=none", [1, None, ["cn=it"]], {"cn=it": True}])
async def test_absurd_groups_give_no_role(client: Oidc, provider: Provider, groups: object) -> None:
    provider.claims["groups"] = groups
    assert (await through(client, provider))[0].grants == ()


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "https://evil.example"),
        ("iss", None),
        ("aud", "another"),
        ("aud", ["another"]),
        ("aud", ["rhine cloud", "another"]),  # without azp
        ("aud", None),
        ("azp", "another"),
        ("nonce", "replayed"),
        ("nonce", None),
        ("exp", 1),
        ("exp", None),
        ("exp", "never"),
        ("exp", True),
        ("iat", 99999999999),
        ("iat", None),
        ("sub", ""),
        ("sub", None),
        ("sub", 7),
        ("sub", "x" * 256),
    ],
)
async def test_a_token_that_does_not_fit_is_refused(
    client: Oidc, provider: Provider, claim: str, value: object
) -> None:
    provider.twist = lambda claims: claims.update({claim: value})
    with pytest.raises(Unauthorized, match="ID token is not valid"):
        await through(client, provider)


async def test_a_token_without_or_with_a_false_signature_is_refused(client: Oidc, provider: Provider) -> None:
    from joserfc import jwt

    stranger = RSAKey.generate_key(2048, {"kid": "k1"})
    good = provider.sign
    forgeries = [
        unsigned,
        signed_with_the_public_key(provider),
        lambda claims: jwt.encode({"alg": "RS256", "kid": "k1"}, claims, stranger),
        lambda claims: good(claims)[:-4] + "AAAA",
        lambda claims: "not.a.token",
        lambda claims: "",
    ]
    for forge in forgeries:
        provider.sign = forge
        with pytest.raises(Unauthorized):
            await through(client, provider)


async def test_changed_keys_are_fetched_but_not_at_every_forgery(
    client: Oidc, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await through(client, provider)
    provider.key = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"})
    for _ in range(3):
        with pytest.raises(Unauthorized, match="unknown key"):
            await through(client, provider)
    assert provider.asked.count("/keys") == 1
    monkeypatch.setattr(oidc, "KEYS_EVERY_S", 0.0)
    assert (await through(client, provider))[0].subject == "u-1"


async def test_an_answer_for_another_browser_or_a_second_use_is_refused(client: Oidc, provider: Provider) -> None:
    address, cookie = await client.begin(BACK)
    _, other = await client.begin(BACK)
    query = provider.visit(address)
    for wrong in (other, "", "x", "x.y", cookie[:-1], cookie + "A", "💥.💥", "A" * 5000):
        with pytest.raises(Unauthorized):
            await client.finish(wrong, query)
    with pytest.raises(Unauthorized):
        await client.finish(cookie, query | {"state": "guessed"})
    await client.finish(cookie, query)
    with pytest.raises(Unauthorized, match="refused the code: invalid_grant"):
        await client.finish(cookie, query)


async def test_an_answer_that_names_another_issuer_or_an_error_is_refused(client: Oidc, provider: Provider) -> None:
    with pytest.raises(Unauthorized, match="another identity provider"):
        await through(client, provider, iss="https://evil.example")
    with pytest.raises(Unauthorized, match="access_denied"):
        await through(client, provider, error="access_denied")
    with pytest.raises(Unauthorized, match="no code"):
        await through(client, provider, code="")


async def test_a_begun_sign_in_is_over_after_ten_minutes(settings: Settings, provider: Provider) -> None:
    late = 0
    client = Oidc(settings, lambda: now_us() + late)
    address, cookie = await client.begin(BACK)
    late = 601 * SECOND
    with pytest.raises(Unauthorized, match="too long ago"):
        await client.finish(cookie, provider.visit(address))


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "", "/a\nb"]
)
async def test_a_sign_in_ends_on_our_own_site(client: Oidc, provider: Provider, path: str) -> None:
    address, cookie = await client.begin(BACK, return_to=path)
    assert (await client.finish(cookie, provider.visit(address)))[1] == "/"


async def test_a_provider_that_is_not_what_it_should_be_is_unavailable(settings: Settings, provider: Provider) -> None:
    provider.issued_as = "https://evil.example"
    with pytest.raises(Unavailable, match="says that it is"):
        await Oidc(settings).begin(BACK)
    provider.issued_as, provider.broken = None, True
    with pytest.raises(Unavailable, match="does not answer"):
        await Oidc(settings).begin(BACK)
    provider.broken = False
    gone = msgspec.structs.replace(settings, oidc_issuer="http://127.0.0.1:1")
    with pytest.raises(Unavailable, match="does not answer"):
        await Oidc(gone).begin(BACK)
    with pytest.raises(Unavailable, match="https"):
        await Oidc(msgspec.structs.replace(settings, oidc_issuer="http://id.city.example")).begin(BACK)


async def test_a_role_that_does_not_exist_is_said_at_the_start(settings: Settings) -> None:
    with pytest.raises(BadRequestData, match="Role 'king' does not exist"):
        Oidc(msgspec.structs.replace(settings, oidc_roles={"x": "king"}))


async def test_sign_ins_at_once_fetch_the_keys_once(client: Oidc, provider: Provider) -> None:
    found = await asyncio.gather(*(through(client, provider) for _ in range(10)))
    assert {claim.subject for claim, _ in found} == {"u-1"}
    assert provider.asked.count("/keys") == 1
