"""API tokens."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from rhinecloud.access import Access, Grant, system
from rhinecloud.access.principal import of_person
from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Forbidden, NonexistentTenant, ResourceNotFound, Unauthorized
from rhinecloud.base.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import HeldClock

ROOT = system("test")


def test_a_token_is_its_scopes_in_its_tenant(access: Access) -> None:
    secret, made = access.tokens.new(ROOT, "gauge import", ["entities.*"], tenant="city")
    assert re.fullmatch(r"rc_[a-z2-7]{32}", secret)
    who = access.bearer(secret)
    assert (who.kind, who.id, who.name, who.tenant) == ("token", made.id, "gauge import", "city")
    access.allow(who, "entities.write", "city")
    with pytest.raises(Forbidden):
        access.allow(who, "entities.write", "port")


@pytest.mark.parametrize("wrong", ["", "rc_", "rc_" + "a" * 32, "x" * 100_000, "\x00", "ü"])
def test_what_is_no_token_is_nobody(access: Access, wrong: str) -> None:
    with pytest.raises(Unauthorized, match="not known"):
        access.bearer(wrong)


def test_a_token_expires_to_the_microsecond(access: Access, held_clock: HeldClock) -> None:
    secret, _ = access.tokens.new(ROOT, "t", ["*"], expires_us=held_clock.us + 10 * SECOND)
    held_clock.tick(9.999999)
    access.bearer(secret)
    held_clock.tick(0.000001)
    with pytest.raises(Unauthorized, match="expired on 2026-11-22T10:00:10Z"):
        access.bearer(secret)


def test_a_revoked_token_is_dead_here_and_elsewhere(access: Access, settings: Settings, held_clock: HeldClock) -> None:
    secret, made = access.tokens.new(ROOT, "t", ["*"])
    with Access(settings, held_clock) as other:
        other.bearer(secret)
        access.tokens.revoke(ROOT, "t")
        with pytest.raises(Unauthorized):
            access.bearer(secret)
        time.sleep(0.55)
        with pytest.raises(Unauthorized):
            other.bearer(secret)
    assert access.tokens.list() == []
    assert [t.id for t in access.tokens.list(revoked=True)] == [made.id]


def test_a_token_made_elsewhere_works_within_half_a_second(
    access: Access, settings: Settings, held_clock: HeldClock
) -> None:
    access._look()
    with Access(settings, held_clock) as other:
        secret, _ = other.tokens.new(ROOT, "t", ["*"])
    time.sleep(0.55)
    assert access.bearer(secret).name == "t"


def test_last_use_is_written_in_batches(access: Access, held_clock: HeldClock) -> None:
    secret, made = access.tokens.new(ROOT, "t", ["*"])
    held_clock.tick(5)
    for _ in range(100):
        access.bearer(secret)
    assert access.tokens.get(made.id).used_us is None
    access.tokens.flush()
    assert access.tokens.get(made.id).used_us == held_clock.us


def test_nobody_makes_a_token_that_can_do_more_than_they_can(access: Access) -> None:
    engineer = of_person("p_1", "Anna", (Grant("engineer", "city"),))
    with pytest.raises(Forbidden, match=r"tokens\.manage"):
        access.tokens.new(engineer, "t", ["entities.read"], tenant="city")
    limited, _ = access.tokens.new(ROOT, "limited", ["tokens.manage", "entities.read"], tenant="city")
    holder = access.bearer(limited)
    access.tokens.new(holder, "child", ["entities.read"], tenant="city")
    with pytest.raises(Forbidden, match=r"entities\.write"):
        access.tokens.new(holder, "child", ["entities.*"], tenant="city")
    with pytest.raises(Forbidden):
        access.tokens.new(holder, "child", ["entities.read"])


@pytest.mark.parametrize(
    ("name", "scopes", "tenant", "error"),
    [
        ("", ["*"], "", BadRequestData),
        ("x" * 101, ["*"], "", BadRequestData),
        ("t", [], "", BadRequestData),
        ("t", ["entities.destroy"], "", BadRequestData),
        ("t", ["metrics.read"], "city", BadRequestData),
        ("t", ["entities.read"], "nowhere", NonexistentTenant),
    ],
)
def test_tokens_that_make_no_sense_are_refused(
    access: Access, name: str, scopes: list[str], tenant: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        access.tokens.new(ROOT, name, scopes, tenant=tenant)
    assert access.tokens.list() == []


def test_a_token_that_does_not_exist_cannot_be_revoked(access: Access) -> None:
    with pytest.raises(ResourceNotFound):
        access.tokens.revoke(ROOT, "nothing")


def test_no_secret_of_a_token_is_in_the_audit_log(access: Access) -> None:
    secret, _ = access.tokens.new(ROOT, "t", ["*"])
    access.bearer(secret)
    assert re.search(r"rc_\w{32}", str(access.trail.records(limit=1000))) is None


def test_a_token_of_an_agencys_system_counts_for_that_agency(access: Access) -> None:
    access.tenants.add_agency(ROOT, "city", "fire", "Fire service")
    secret, made = access.tokens.new(ROOT, "dispatch", ["incidents.read"], tenant="city", agency="fire")
    assert made.agency == "fire" and access.bearer(secret).agency == "fire"
    assert access.agencies(access.bearer(secret), "incidents.read", "city") == {"fire"}
    with pytest.raises(BadRequestData, match="no agency"):
        access.tokens.new(ROOT, "x", ["incidents.read"], tenant="city", agency="nobody")
    head = of_person("p_x", "Chief", (Grant("administrator", "city", "fire"),))
    with pytest.raises(Forbidden, match="all agencies"):
        access.tokens.new(head, "x", ["incidents.read"], tenant="city")
    access.tokens.new(head, "y", ["incidents.read"], tenant="city", agency="fire")
