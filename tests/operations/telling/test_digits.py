"""What devices say of their unit's status: each word once, whatever a person has reported and whoever was restarted."""

from __future__ import annotations

from pathlib import Path

from rhinecloud.base.clock import SECOND
from rhinecloud.base.model import Changes
from rhinecloud.operations import radio, units
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.telling.digits import Digits
from tests.conftest import HeldClock
from tests.operations.centre import shelf, unit

ATTRIBUTE = "https://smartdatamodels.org/radioStatus"
ENTITY = "urn:ngsi-ld:EmergencyVehicle:hlf-1"


def said(clock: HeldClock, digit: str) -> Changes:
    at = clock.tick(10)
    made = Changes("city", 1, at, [ENTITY], ["T"], [ATTRIBUTE], [""], [1], [at], [at], [None])
    made.body.append(b'{"type":"Property","value":"%s"}' % digit.encode())
    return made


async def test_what_a_device_says_again_replaces_no_word_of_a_person_also_after_a_restart(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at = shelf(tmp_path, held_clock)
    with at.work(SYSTEM) as work:
        units.save(work, unit("hlf-1", entity=ENTITY))
    digits = Digits(tmp_path, ATTRIBUTE, lambda _: at)
    await digits.read(said(held_clock, "3"))
    assert units.get(at, "hlf-1").status == "3"
    with at.work(SYSTEM) as work:
        radio.report(work, "hlf-1", "4", at_us=held_clock.tick(1))
    for reader in (digits, Digits(tmp_path, ATTRIBUTE, lambda _: at)):  # the second as after a restart
        await reader.read(said(held_clock, "3"))
        assert units.get(at, "hlf-1").status == "4"
        assert len(radio.reports(at, "hlf-1")) == 2
    held_clock.tick(1)
    await reader.read(said(held_clock, "1"))
    assert units.get(at, "hlf-1").status == "1"
    assert units.get(at, "hlf-1").status_us == held_clock() and held_clock() % SECOND == 0
    at.close()
