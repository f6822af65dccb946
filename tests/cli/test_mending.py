"""`rhinecloud quarantine` and `rhinecloud dead`, typed beside a running city."""

from __future__ import annotations

import httpx

from tests.journeys.conftest import LiveCity, live_city

__all__ = ["live_city"]


def test_what_cannot_be_read_is_listed_shown_and_dropped(live_city: LiveCity) -> None:
    secret = live_city.command("device", "add", "gauge-7", "--type", "WaterObserved")
    pushed = httpx.post(
        f"{live_city.url}/push/gauge-7", content=b"\x00\x01 no json", headers={"Authorization": f"Bearer {secret}"}
    )
    assert pushed.status_code < 300, pushed.text
    listed = live_city.until(lambda: live_city.command("quarantine", "list"), "the message in quarantine")
    number, _, device, *_ = listed.splitlines()[0].split("\t")
    assert device == "gauge-7"
    assert "no json" in live_city.command("quarantine", "show", number)
    assert live_city.command("quarantine", "drop", number) == "1 deleted"
    assert not live_city.command("quarantine", "list")
    assert "quarantine.discard" in live_city.command("audit", "list")


def test_dead_letters_are_asked_for_where_there_are_none(live_city: LiveCity) -> None:
    assert not live_city.command("dead", "list")
    assert live_city.command("dead", "replay", "--all") == "0 sent"
