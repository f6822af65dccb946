"""Signing in: passwords, one-time links, back-off, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from rhinecloud.access import Access, Grant, link_address, passwords, system
from rhinecloud.access.sessions import ABSOLUTE, IDLE
from rhinecloud.access.tables import attempt, link, person, session
from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, TooManyRequests, Unauthorized
from rhinecloud.base.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import HeldClock

ROOT = system("test")
GOOD = "correct horse battery"


@pytest.fixture
def anna(access: Access) -> Access:
    access.people.add(ROOT, "anna", grants=[Grant("operator", "city")])
    access.sign_in.link(access.links.new(ROOT, "anna"), GOOD, address="::1")
    return access


def test_the_first_start_gives_a_link_that_makes_the_first_administrator_once(access: Access) -> None:
    secret = access.links.first()
    assert secret is not None
    assert link_address(Settings(port=8081), secret) == f"http://localhost:8081/sign-in/link/{secret}"
    assert access.links.peek(secret).name == "admin"  # looking does not use it up
    cookie = access.sign_in.link(secret, GOOD, address="127.0.0.1")
    opened = access.session(cookie)
    assert opened is not None
    access.allow(opened.principal, "settings.manage", "")
    assert access.links.first() is None
    with pytest.raises(Unauthorized, match="works once"):
        access.sign_in.link(secret, GOOD, address="127.0.0.1")


def test_each_start_before_the_first_sign_in_gives_a_new_link_and_the_old_one_ends(access: Access) -> None:
    old, new = access.links.first(), access.links.first()
    assert old and new and old != new
    with pytest.raises(Unauthorized):
        access.links.peek(old)
    assert access.links.peek(new).name == "admin"


def test_a_link_is_over_after_a_day(anna: Access, held_clock: HeldClock) -> None:
    secret = anna.links.new(ROOT, "anna")
    held_clock.tick(24 * 3600 - 1)
    anna.links.peek(secret)
    held_clock.tick(1)
    with pytest.raises(Unauthorized, match="24 hours"):
        anna.links.peek(secret)


def test_a_link_sets_a_password_and_ends_the_other_sessions(anna: Access) -> None:
    old = anna.sign_in.password("anna", GOOD, address="::1")
    new = anna.sign_in.link(anna.links.new(ROOT, "anna"), "another good password", address="::1")
    assert anna.session(old) is None
    assert anna.session(new) is not None
    with pytest.raises(Unauthorized):
        anna.sign_in.password("anna", GOOD, address="::1")
    anna.sign_in.password("anna", "another good password", address="::1")


def test_a_password_too_easy_leaves_the_link_usable(anna: Access) -> None:
    secret = anna.links.new(ROOT, "anna")
    for weak in ("short", "x" * 257, "anna-anna", "aaaaaaaaaaaaaaaa", "ababababababab"):
        with pytest.raises(BadRequestData):
            anna.sign_in.link(secret, weak, address="::1")
    anna.sign_in.link(secret, "wholly different one", address="::1")


def test_a_wrong_name_a_wrong_password_and_a_disabled_person_get_the_same_answer(anna: Access) -> None:
    anna.people.add(ROOT, "ben")
    anna.people.add(ROOT, "cora")
    anna.sign_in.set_password(ROOT, "cora", GOOD)
    anna.people.disable(ROOT, "cora")
    for name, word in (
        ("anna", "wrong password!"),
        ("nobody", GOOD),
        ("ben", ""),
        ("cora", GOOD),
        ("", ""),
        ("\x00", "\x00"),
    ):
        with pytest.raises(Unauthorized, match=r"^Name or password is wrong$"):
            anna.sign_in.password(name, word, address="::1")


def test_failures_of_a_name_wait_twice_as_long_each_time_and_success_ends_that(
    anna: Access, held_clock: HeldClock
) -> None:
    def fail() -> None:
        with pytest.raises(Unauthorized):
            anna.sign_in.password("anna", "wrong password!", address="192.0.2.1")

    for _ in range(5):
        fail()
    waits = []
    for _ in range(12):
        with pytest.raises(TooManyRequests) as refused:
            anna.sign_in.password("ANNA", GOOD, address="192.0.2.99")  # the right one, in vain
        waits.append(refused.value.extra["retry_after"])
        held_clock.tick(waits[-1])
        fail()
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    held_clock.tick(900)
    anna.sign_in.password("anna", GOOD, address="192.0.2.1")
    fail()
    anna.sign_in.password("anna", GOOD, address="192.0.2.1")


def test_one_address_cannot_try_many_names(anna: Access) -> None:
    for number in range(20):
        with pytest.raises(Unauthorized):
            anna.sign_in.password(f"guess-{number}", "wrong password!", address="192.0.2.1")
    with pytest.raises(TooManyRequests):
        anna.sign_in.password("anna", GOOD, address="192.0.2.1")
    anna.sign_in.password("anna", GOOD, address="192.0.2.2")


def test_attempts_are_forgotten_after_a_day_and_hold_neither_names_nor_addresses(
    anna: Access, held_clock: HeldClock
) -> None:
    with pytest.raises(Unauthorized):
        anna.sign_in.password("somebody", "wrong password!", address="192.0.2.1")
    with anna._store.read() as db:
        rows = db.execute(select(attempt)).all()
    assert rows
    assert not any("somebody" in str(row) or "192.0.2.1" in str(row) for row in rows)
    held_clock.tick(86_401)
    anna.sign_in.password("anna", GOOD, address="::2")
    with anna._store.read() as db:
        assert len(db.execute(select(attempt)).all()) == 1


def test_a_password_made_with_older_parameters_is_made_anew_at_sign_in(anna: Access) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    with anna._store.write() as db:
        db.execute(update(person).where(person.c.name == "anna").values(password=weak))
    anna.sign_in.password("anna", GOOD, address="::1")
    with anna._store.read() as db:
        kept = db.execute(select(person.c.password).where(person.c.name == "anna")).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(kept, GOOD)


def test_changing_ones_password_takes_the_old_one(anna: Access) -> None:
    who = anna.people.get("anna")
    with pytest.raises(Unauthorized):
        anna.sign_in.change_password(who, "not the old one", "another good password", address="::1")
    anna.sign_in.change_password(who, GOOD, "another good password", address="::1")
    anna.sign_in.password("anna", "another good password", address="::1")


def test_a_session_ends_when_unused_and_in_any_case_after_a_day(anna: Access, held_clock: HeldClock) -> None:
    cookie = anna.sign_in.password("anna", GOOD, address="::1")
    for _ in range(3):
        held_clock.tick(7 * 3600)
        assert anna.session(cookie) is not None  # used in time
    held_clock.tick(ABSOLUTE / SECOND - 21 * 3600 + 1)
    assert anna.session(cookie) is None
    cookie = anna.sign_in.password("anna", GOOD, address="::1")
    held_clock.tick(IDLE / SECOND + 1)
    assert anna.session(cookie) is None


def test_use_survives_a_restart_and_dead_sessions_are_cleared(settings: Settings, held_clock: HeldClock) -> None:
    with Access(settings, held_clock) as access:
        access.people.add(ROOT, "anna")
        dead = access.sign_in.link(access.links.new(ROOT, "anna"), GOOD, address="::1")
        held_clock.tick(7 * 3600)
        cookie = access.sign_in.password("anna", GOOD, address="::1")
        held_clock.tick(7 * 3600)
        assert access.session(cookie) is not None
    with Access(settings, held_clock) as access:
        held_clock.tick(7 * 3600)
        assert access.session(cookie) is not None
        assert access.session(dead) is None
        assert len(access.sessions.list()) == 1


def test_sessions_are_listed_and_ended_singly_all_and_by_signing_out(anna: Access) -> None:
    who = anna.people.get("anna")
    anna.sessions.end_all(ROOT, who.id)
    cookies = [anna.sign_in.password("anna", GOOD, address="::1", agent=f"Browser {n}") for n in range(3)]
    listed = anna.sessions.list(who.id)
    assert {s.agent for s in listed} == {"Browser 0", "Browser 1", "Browser 2"}
    first = anna.session(cookies[0])
    assert first is not None
    anna.sessions.end_one(who.principal(), first.id)
    anna.sessions.end(who.principal(), cookies[1])
    assert [anna.session(c) is not None for c in cookies] == [False, False, True]
    anna.sessions.end_all(who.principal(), who.id)
    assert anna.session(cookies[2]) is None


def test_disabling_a_person_ends_their_sessions_and_links_at_once(anna: Access) -> None:
    cookie, secret = anna.sign_in.password("anna", GOOD, address="::1"), anna.links.new(ROOT, "anna")
    anna.session(cookie)
    anna.people.disable(ROOT, "anna")
    assert anna.session(cookie) is None
    with pytest.raises(Unauthorized):
        anna.links.peek(secret)
    with pytest.raises(Conflict):
        anna.links.new(ROOT, "anna")


def test_another_process_disabling_a_person_is_noticed(
    anna: Access, settings: Settings, held_clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = anna.sign_in.password("anna", GOOD, address="::1")
    assert anna.session(cookie) is not None
    with Access(settings, held_clock) as other:
        other.people.disable(ROOT, "anna")
    anna._look_at = 0  # half a second later
    assert anna.session(cookie) is None


def test_what_proves_an_identity_is_nowhere_in_the_database_or_the_audit_log(anna: Access) -> None:
    cookie, secret = anna.sign_in.password("anna", GOOD, address="::1"), anna.links.new(ROOT, "anna")
    with anna._store.read() as db:
        everything = str([db.execute(select(table)).all() for table in (person, session, link)])
    everything += str(anna.trail.records(limit=1000))
    for hidden in (cookie, secret, GOOD):
        assert hidden not in everything
