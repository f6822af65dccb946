"""The process is killed in the middle of anything: what was confirmed to somebody is there, whole, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rhinecloud.operations import Report, collaboration
from rhinecloud.operations.seat import Seat

from .centre import Rights, desk, person, shelf

FIRE = person("frida", "fire")
WORK = """
import io, sys
from pathlib import Path
from tests.operations.centre import Rights, desk, person, shelf
from rhinecloud.base.clock import now_us
from rhinecloud.operations import collaboration
from rhinecloud.operations.seat import Seat

folder, incident, first = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
at, who = shelf(folder, now_us), person("frida", "fire")
mine, room = desk(at, who), collaboration.RoomDesk(Seat(at, "city", who, Rights()))
print("ready", flush=True)
n = first
while True:
    n += 1
    png = b"\\x89PNG\\r\\n\\x1a\\n" + n.to_bytes(8, "big") * 20_000
    draft = collaboration.Draft(text=f"message {n}", sender="x")
    made = room.take_message(incident, draft, [(f"{n}.png", io.BytesIO(png))], key=f"m{n}")
    print("message", made.seq, n, flush=True)
    print("log", mine.write_log(incident, "note", f"entry {n}"), n, flush=True)
    print("task", room.add_task(incident, f"task {n}", "fire"), n, flush=True)
    print("decision", room.decide(incident, f"decision {n}", "because"), n, flush=True)
"""


@pytest.mark.parametrize("round_", range(3))
def test_nothing_confirmed_is_lost_when_the_process_is_killed(tmp_path: Path, round_: int) -> None:
    at = shelf(tmp_path, lambda: int(time.time() * 1e6))
    mine = desk(at, FIRE)
    incident = mine.report(Report(type="flood", title="Rhine", agencies=("fire",)))[0].id
    mine.take_log(incident)
    at.close()
    confirmed: list[tuple[str, int, int]] = []
    for life in range(2):
        root = Path(__file__).parents[2]
        child = subprocess.Popen(
            [sys.executable, "-c", WORK, str(tmp_path), incident, str(life * 1_000_000)],
            cwd=root,
            env=os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'src'}"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.15 + 0.11 * round_ + 0.07 * life)
        child.send_signal(signal.SIGKILL)
        told = child.stdout.read()
        child.stdout.close()
        child.wait()
        lines = told.split("\n")[:-1]  # the last one may be torn
        confirmed += [(what, int(number), int(n)) for what, number, n in map(str.split, lines)]
    assert len(confirmed) > 8

    at = shelf(tmp_path, lambda: int(time.time() * 1e6))
    mine, room = desk(at, FIRE), collaboration.RoomDesk(Seat(at, "city", FIRE, Rights()))
    entries = {e.seq: e for e in mine.log(incident)}
    messages = {m.seq: m for m in room.messages(incident, limit=10_000)}
    tasks = {t.number: t.text for t in room.tasks(incident)}
    decisions = {d.number: d.text for d in room.decisions(incident)}
    for what, number, n in confirmed:
        if what == "message":
            message = messages[number]
            assert message.text == f"message {n}"
            _, content = room.file(incident, number, message.files[0].sha256)
            with content:
                assert content.read()[8:16] == n.to_bytes(8, "big")
        elif what == "log":
            assert json.loads(json.dumps(entries[number].content))["text"] == f"entry {n}"
        else:
            assert (tasks if what == "task" else decisions)[number] == f"{what} {n}"
    assert len({m.text for m in messages.values()}) == len(messages), "none is there twice"
    assert not mine.verify_log(incident).breaks
    at.close()
