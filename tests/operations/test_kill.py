"""Killed in the middle of anything: whatever was confirmed is there afterwards, once, and the logs verify."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from rhinecloud.base.clock import now_us
from rhinecloud.operations import Desk
from rhinecloud.operations.collaboration import RoomDesk

from .centre import desk, shelf

KILLS = 6


def killed_after(folder: Path, acts: int) -> list[list[Any]]:
    """What a process confirmed before it was killed in the midst of more."""
    process = subprocess.Popen([sys.executable, "-m", "tests.operations.writing", str(folder)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(acts)]
    process.send_signal(signal.SIGKILL)
    lines += process.stdout.read().splitlines(keepends=True)  # confirmed while we made up our mind
    process.wait()
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def there(one: Desk, incident: str) -> dict[str, set[Any]]:
    """Everything that is kept of an incident, by the kinds that `writing` names."""
    room, found = RoomDesk(one.seat), one.incident(incident)
    entries = one.log(incident)
    return {
        "incident": {found.number},
        "log": {e.seq for e in entries},
        "file": {e.seq for e in entries if e.content and e.content.get("files")},
        "message": {m.id for m in room.messages(incident)},
        "task": {t.number for t in room.tasks(incident)},
        "decision": {d.number for d in room.decisions(incident)},
        "state": set(found.times),
        "assignment": {a.id for a in one.assignments(incident)},
    }


def test_what_was_confirmed_outlives_every_kill(tmp_path: Path) -> None:
    confirmed: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for round_ in range(KILLS):
        for kind, incident, what in killed_after(tmp_path, 20 + 11 * round_):
            confirmed[incident].append((kind, what))
    at = shelf(tmp_path, now_us)
    one, acts = desk(at), 0
    assert len(confirmed) > KILLS
    for incident, told in confirmed.items():
        kept = there(one, incident)
        for kind, what in told:
            assert what in kept[kind], (kind, what, incident)
            acts += 1
        assert not one.verify_log(incident).breaks
    assert acts >= 20 * KILLS
    numbers = [found.number for found in one.incidents()]
    assert len(numbers) == len(set(numbers))
    at.close()
