"""The audit log: complete, in order, and nothing in it can be altered unnoticed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert, select, update

from rhinecloud.access import Access, Principal, system
from rhinecloud.access.audit import LONGEST_DETAIL, Record, redact
from rhinecloud.access.tables import audit, state
from rhinecloud.base.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import HeldClock


BY = system("test")


def fill(access: Access, count: int = 10) -> None:
    for number in range(count):
        access.audit(BY, "lamp.switch", f"lamp-{number}", tenant="city", level=number)


def test_an_untouched_log_verifies(access: Access) -> None:
    fill(access)
    verdict = access.trail.verify()
    assert verdict.breaks == ()
    assert verdict.records == 11  # the default tenant's making is the first
    assert len(verdict.head) == 64


def _flip(access: Access) -> None:
    with access._store.write() as db:
        db.execute(update(audit).where(audit.c.sequence == 5).values(subject="lamp-9"))


def _drop(access: Access) -> None:
    with access._store.write() as db:
        db.execute(delete(audit).where(audit.c.sequence == 5))


def _swap(access: Access) -> None:
    with access._store.write() as db:
        for old, new in ((5, -5), (6, 5), (-5, 6)):
            db.execute(update(audit).where(audit.c.sequence == old).values(sequence=new))


def _cut(access: Access) -> None:
    with access._store.write() as db:
        db.execute(delete(audit).where(audit.c.sequence > 8))


def _cut_and_hide(access: Access) -> None:
    """Cuts the tail and sets the head back, so that the database alone looks whole."""
    with access._store.write() as db:
        db.execute(delete(audit).where(audit.c.sequence > 8))
        head = db.execute(select(audit.c.hash).where(audit.c.sequence == 8)).scalar_one()
        db.execute(update(state).where(state.c.name == "audit").values(number=8, text=head))


def _rewrite(access: Access) -> None:
    """Alters one record and computes every later hash anew."""
    with access._store.write() as db:
        db.execute(update(audit).where(audit.c.sequence == 5).values(name="somebody else"))
        head = db.execute(select(audit.c.hash).where(audit.c.sequence == 4)).scalar_one()
        for row in db.execute(select(audit).where(audit.c.sequence >= 5).order_by(audit.c.sequence)).mappings().all():
            head = Record(**row).digest(head)
            db.execute(update(audit).where(audit.c.sequence == row["sequence"]).values(hash=head))
        db.execute(update(state).where(state.c.name == "audit").values(text=head))


@pytest.mark.parametrize(
    ("forge", "at"), [(_flip, 5), (_drop, 5), (_swap, 5), (_cut, 9), (_cut_and_hide, 9), (_rewrite, 5)]
)
def test_whatever_is_altered_is_found_where_it_was(access: Access, forge: Callable[[Access], None], at: int) -> None:
    fill(access)
    forge(access)
    assert access.trail.verify().breaks[0].sequence == at


def test_a_forged_past_stays_noticed_after_further_records(access: Access) -> None:
    fill(access)
    _rewrite(access)
    fill(access)
    assert access.trail.verify().breaks[0].sequence == 5


def test_an_inserted_record_is_found(access: Access) -> None:
    fill(access)
    with access._store.write() as db:
        row = dict(db.execute(select(audit).where(audit.c.sequence == 11)).mappings().one())
        db.execute(insert(audit).values(**row | {"sequence": 12, "hash": "0" * 64}))
    assert access.trail.verify().breaks[0].sequence == 12


def test_heads_that_lag_behind_after_a_power_cut_are_no_alarm(access: Access, settings: Settings) -> None:
    fill(access)
    heads = settings.data / "secrets" / "audit.heads"
    lines = heads.read_bytes().splitlines(keepends=True)
    heads.write_bytes(b"".join(lines[:-2]) + lines[-2][:20])
    assert access.trail.verify().breaks == ()


def test_nothing_secret_is_stored(access: Access) -> None:
    secret = "rc_abcdefghijklmnopqrstuvwxyz234567"
    access.audit(
        BY,
        "x",
        "y",
        tenant="",
        password="hunter2hunter2",
        nested={"client_secret": "s3cr3t", "list": [secret]},
        note="Bearer abc",
    )
    detail = access.trail.records(limit=1)[0].detail
    for hidden in ("hunter2", "s3cr3t", secret, "abc"):
        assert hidden not in detail
    assert redact({"new_token": True, "seconds": 3}) == {"new_token": True, "seconds": 3}


@pytest.mark.parametrize("text", ["\x00", "\ud800", "ü" * 5000, "🚒", "\u202e", "'; DROP TABLE access_audit; --"])
def test_absurd_texts_are_recorded_and_verify(access: Access, text: str) -> None:
    who = Principal(kind="person", id="p_1", name=text)
    access.audit(who, "x", text, tenant="", note=text, more={text: [text]}, number=float("nan"))
    record = access.trail.records(limit=1)[0]
    assert len(record.detail) < 2 * LONGEST_DETAIL
    assert access.trail.verify().breaks == ()


def test_writers_at_once_make_one_chain(access: Access, settings: Settings, held_clock: HeldClock) -> None:
    def write() -> None:
        with Access(settings, held_clock) as other:  # as another process would
            fill(other, 10)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = access.trail.verify()
    assert verdict.breaks == ()
    assert verdict.records == 41


async def test_records_awaited_together_are_durable_and_share_commits(
    settings: Settings, held_clock: HeldClock
) -> None:
    import asyncio

    access = Access(settings, held_clock)
    await access.start()
    await asyncio.gather(*(access.record(BY, "x", str(n), tenant="city") for n in range(200)))
    with Access(settings, held_clock) as other:
        assert len(other.trail.records(action="x", limit=1000)) == 200
        assert other.trail.verify().breaks == ()
    await access.stop()


async def test_a_refusal_is_recorded_once_a_minute(settings: Settings, held_clock: HeldClock) -> None:
    from rhinecloud.base.errors import Forbidden

    access = Access(settings, held_clock)
    await access.start()
    who = Principal(kind="token", id="t_9", name="curious")
    for _ in range(50):
        with pytest.raises(Forbidden):
            access.allow(who, "people.manage", "city")
    await access.stop()
    with Access(settings, held_clock) as other:
        found = other.trail.records(actor="token:t_9")
    assert [(r.action, r.outcome) for r in found] == [("people.manage", "refused")]


def test_records_are_found_by_tenant_actor_and_action_newest_first(access: Access) -> None:
    fill(access, 3)
    access.audit(BY, "device.new", "gauge", tenant="port")
    assert [r.subject for r in access.trail.records(tenant="city", action="lamp.")] == ["lamp-2", "lamp-1", "lamp-0"]
    assert [r.subject for r in access.trail.records(tenant="port")] == ["gauge"]
    newest = access.trail.records(limit=1)[0]
    assert access.trail.records(before=newest.sequence, limit=1)[0].subject == "lamp-2"
    assert access.trail.records(action="lamp%") == []
