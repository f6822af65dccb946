"""What `test_kill` kills: threads that write into a tenant's operations.db, and say what was confirmed.

    python -m tests.operations.writing FOLDER

A line of JSON for each act that was answered: its kind, its incident, and what to look for.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
from io import BytesIO
from pathlib import Path

from rhinecloud.base.clock import now_us
from rhinecloud.operations import Pick, Report, UnitKind
from rhinecloud.operations.collaboration import Draft, RoomDesk

from .centre import desk, person, shelf, unit

THREADS = 4


def main(folder: Path) -> None:
    at = shelf(folder, now_us)
    admin = desk(at)
    if not admin.units():
        for n in range(THREADS):
            admin.save_unit(unit(f"u{n}", kind=next(iter(admin.things(UnitKind)))))
    for n in range(THREADS):
        threading.Thread(target=write, args=(at, n), daemon=True).start()
    threading.Event().wait()


def write(at: object, number: int) -> None:
    one = desk(at, person(f"p{number}"))  # type: ignore[arg-type]
    room, mine = RoomDesk(one.seat), f"u{number}"
    for _ in itertools.count():
        for digit in ("4", "2"):  # free again, whatever it was at when it was killed
            one.report_status(mine, digit)
        incident = one.report(Report(type="flood", title=f"Water {number}"))[0]
        said("incident", incident.id, incident.number)
        one.take_log(incident.id)
        for text in ("first", "second"):
            said("log", incident.id, one.write_log(incident.id, "measure", text))
        said("message", incident.id, room.take_message(incident.id, Draft(text="the gate is shut", sender="1-1")).id)
        said("file", incident.id, room.write_log(incident.id, "note", "seen", [("a.txt", BytesIO(b"water" * number))]))
        said("task", incident.id, room.add_task(incident.id, "count the bags", "S4"))
        said("decision", incident.id, room.decide(incident.id, "close", "it rises"))
        incident = one.move(incident.id, "triage", incident.version)
        said("state", incident.id, incident.state)
        made = one.assign(incident.id, [Pick(unit=mine)])
        said("assignment", incident.id, made[0].id)


def said(kind: str, incident: str, what: object) -> None:
    sys.stdout.write(json.dumps([kind, incident, what]) + "\n")  # one write: lines of threads do not mix
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
