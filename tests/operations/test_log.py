"""The log: nothing is altered unnoticed, content can be erased, one keeps it, agencies see what is for them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import Desk, Report, verifier
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.journal import add
from rhinecloud.operations.tables import FILE, HEADS, Shelf
from tests.conftest import HeldClock

from .centre import desk, person, shelf

VERIFIER = Path(verifier.__file__)


def begun(folder: Path, clock: HeldClock) -> tuple[Shelf, Desk, str]:
    at = shelf(folder, clock)
    keeper = desk(at, person("klara"))
    made, _ = keeper.report(Report(type="flood", title="Rhein"))
    keeper.take_log(made.id)
    return at, keeper, made.id


def test_one_named_person_keeps_the_log_and_the_change_is_an_entry(tmp_path: Path, held_clock: HeldClock) -> None:
    at, klara, incident = begun(tmp_path, held_clock)
    otto = desk(at, person("otto"))
    klara.write_log(incident, "measure", "Tor geschlossen")
    with pytest.raises(Forbidden, match="Klara keeps this log"):
        otto.write_log(incident, "note", "auch ich")
    with pytest.raises(Conflict, match="Klara"):
        otto.take_log(incident)
    otto.take_log(incident, klara.by.who)
    seq = otto.write_log(incident, "order", "Deichläufer raus", function="S3")
    last = otto.log(incident)[-1]
    assert (last.seq, last.header and last.header["function"], last.content) == (
        seq,
        "S3",
        {"text": "Deichläufer raus", "name": "Otto"},
    )
    assert [e.header["kind"] for e in otto.log(incident) if e.header].count("keeper") == 2
    with pytest.raises(Forbidden):
        klara.write_log(incident, "note", "zu spät")
    for kind, text in (("automatic", "x"), ("note", "  "), ("note", "x" * 20_001)):
        with pytest.raises(BadRequestData):
            otto.write_log(incident, kind, text)


def test_a_correction_is_another_entry_and_both_are_seen(tmp_path: Path, held_clock: HeldClock) -> None:
    _, klara, incident = begun(tmp_path, held_clock)
    seq = klara.write_log(incident, "message", "Pegel 9,03 m")
    fixed = klara.correct_log(incident, seq, "Pegel 9,30 m")
    old, new = klara.log(incident)[-2:]
    assert (old.corrected_by, new.header and new.header["refers_to"]) == (fixed, seq)
    assert old.content and old.content["text"] == "Pegel 9,03 m"
    with pytest.raises(ResourceNotFound):
        klara.correct_log(incident, 99, "x")


def test_erased_content_is_gone_from_the_disk_and_the_chain_holds(tmp_path: Path, held_clock: HeldClock) -> None:
    at, klara, incident = begun(tmp_path, held_clock)
    seq = klara.write_log(incident, "message", "Anrufer Zacharias Quittenbaum, verletzt")
    with pytest.raises(Forbidden):
        klara.erase_log(incident, seq, "Löschbegehren")
    admin = desk(at)
    admin.erase_log(incident, seq, "Löschbegehren")
    entry = klara.log(incident)[seq - 1]
    assert entry.content is None and entry.erased_us is not None and entry.header is not None
    verdict = klara.verify_log(incident)
    assert (verdict.breaks, verdict.erased) == ((), 1)
    at.close()
    for file in (tmp_path / "city").iterdir():
        assert b"Quittenbaum" not in file.read_bytes(), file.name
    with pytest.raises(Conflict):
        admin.erase_log(incident, seq, "noch einmal")


def test_agencies_see_number_and_hash_of_what_is_not_for_them(tmp_path: Path, held_clock: HeldClock) -> None:
    at, klara, incident = begun(tmp_path, held_clock)
    klara.change(incident, klara.incident(incident).version, agencies=("fire", "police"))
    seq = klara.write_log(incident, "decision", "Zugriff um vier", readers=("police",))
    klara.write_log(incident, "note", "für alle")
    fire, police = desk(at, person("fred", "fire")), desk(at, person("paula", "police"))
    hidden, seen = fire.log(incident)[seq - 1], police.log(incident)[seq - 1]
    assert hidden.header is None and hidden.content is None and hidden.hash == seen.hash
    assert seen.content and seen.content["text"] == "Zugriff um vier"
    lines = [json.loads(line) for line in fire.export_log(incident)]
    assert b"Zugriff" not in b"".join(fire.export_log(incident))
    entries = [line for line in lines if line["record"] == "entry"]
    assert verifier.verify(entries, [line for line in lines if line["record"] == "anchor"]) == []


def test_the_database_itself_refuses_to_change_a_log(tmp_path: Path, held_clock: HeldClock) -> None:
    at, klara, incident = begun(tmp_path, held_clock)
    klara.write_log(incident, "note", "steht")
    for sql in (
        "UPDATE log_entry SET hash = 'x'",
        "DELETE FROM log_entry",
        "DELETE FROM log_chain",
        "DELETE FROM log_payload",
        "UPDATE log_payload SET body = 'anders'",
    ):
        with pytest.raises(sqlite3.IntegrityError), at.work(SYSTEM) as work:
            work.run(sql)


TAMPERINGS = {
    "a flipped header": "UPDATE log_entry SET header = replace(header, 'note', 'order') WHERE seq = 4",
    "another content": "UPDATE log_payload SET body = replace(body, 'zwei', 'drei') WHERE seq = 4",
    "a dropped entry": "DELETE FROM log_entry WHERE seq = 4",
    "a lost content": "UPDATE log_payload SET body = NULL, salt = NULL WHERE seq = 4",
    "a tail cut off": "DELETE FROM log_entry WHERE seq >= 5",
    "swapped": "UPDATE log_entry SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END WHERE seq IN (3, 4);"
    "UPDATE log_entry SET seq = -seq WHERE seq < 0",
    "a tail cut off with its anchors": "DELETE FROM log_entry WHERE seq >= 5; DELETE FROM log_chain WHERE seq >= 5",
    "everything cut off": "DELETE FROM log_entry; DELETE FROM log_chain; DELETE FROM log_payload",
    "a flipped anchor": "UPDATE log_chain SET head = replace(head, substr(head, 1, 1), 'g') WHERE seq = 4",
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_whatever_is_done_to_a_log_is_found(tmp_path: Path, held_clock: HeldClock, how: str) -> None:
    at, klara, incident = begun(tmp_path, held_clock)
    for text in ("eins", "zwei", "drei", "vier"):
        klara.write_log(incident, "note", text)
    assert klara.verify_log(incident).breaks == ()
    at.close()
    with closing(sqlite3.connect(tmp_path / "city" / FILE)) as db:
        for (trigger,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'log_%'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.executescript(TAMPERINGS[how])
        db.commit()
    assert klara.verify_log(incident).breaks != ()


def test_heads_that_were_noted_elsewhere_find_a_log_that_was_written_anew(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at, klara, incident = begun(tmp_path, held_clock)
    klara.write_log(incident, "note", "wahr")
    heads = (tmp_path / "city" / HEADS).read_text()
    at.close()
    for file in (tmp_path / "city").iterdir():
        file.unlink()
    again, other, made = begun(tmp_path, held_clock)
    other.write_log(made, "note", "falsch")
    (tmp_path / "city" / HEADS).write_text(heads)
    assert other.verify_log(made).breaks != ()
    again.close()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30), min_size=1, max_size=8),
    data=st.data(),
)
def test_any_change_of_an_exported_log_is_found(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    clock = HeldClock("2026-11-22T10:00:00Z")
    at = shelf(tmp_path_factory.mktemp("log"), clock)
    made, _ = desk(at).report(Report(type="flood", title="Rhein"))
    with at.work(SYSTEM) as work:
        for text in texts:
            add(work, made.id, "note", {"text": text})
    lines: list[dict[str, Any]] = [json.loads(line) for line in desk(at).export_log(made.id)]
    at.close()
    entries = [line for line in lines if line["record"] == "entry"]
    anchors = [line for line in lines if line["record"] == "anchor"]
    assert verifier.verify(entries, anchors) == []
    which = data.draw(st.integers(0, len(entries) - 1))
    what = data.draw(st.sampled_from(["drop", "swap", "cut", "content", "header", "hash"]))
    if what == "drop":
        del entries[which]
    elif what == "swap" and len(entries) > 1:
        other = (which + 1) % len(entries)
        entries[which], entries[other] = entries[other], entries[which]
    elif what == "cut":
        del entries[which:]
    elif what == "content":
        entries[which]["content"] += " "
    elif what == "header":
        name = data.draw(st.sampled_from(sorted(entries[which]["header"])))
        entries[which]["header"][name] = "anders"
    else:
        entries[which]["hash"] = "0" * 64
    assert verifier.verify(entries, anchors) != []


def test_the_verifier_stands_alone(tmp_path: Path, held_clock: HeldClock) -> None:
    _, klara, incident = begun(tmp_path, held_clock)
    klara.write_log(incident, "note", "Ä – ß – 🌊")
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(klara.export_log(incident)))
    head = klara.log(incident)[-1].hash

    def run(*arguments: str) -> int:
        # -I: nothing but Python's own library, and not from this folder.
        return subprocess.run([sys.executable, "-I", VERIFIER, *arguments], capture_output=True, check=False).returncode

    assert run(str(file), "--head", head) == 0
    assert run(str(file), "--head", "0" * 64) == 1
    file.write_text(file.read_text().replace("🌊", "🔥"))
    assert run(str(file)) == 1
    file.write_text("{")
    assert run(str(file)) == 2


def test_entries_of_many_at_once_make_one_gapless_chain(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    ids = [desk(at).report(Report(type="flood", title=f"Rhein {n}"))[0].id for n in range(3)]

    def write(number: int) -> None:
        for turn in range(10):
            with at.work(SYSTEM) as work:
                add(work, ids[(number + turn) % 3], "note", {"n": number, "turn": turn})

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    admin = desk(at)
    assert sum(len(admin.log(i)) for i in ids) == 3 + 60
    for incident in ids:
        assert [e.seq for e in admin.log(incident)] == list(range(1, len(admin.log(incident)) + 1))
        assert admin.verify_log(incident).breaks == ()
    at.close()


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from rhinecloud.base.clock import now_us
from rhinecloud.operations.incidents import SYSTEM, Report, report
from rhinecloud.operations.journal import add
from rhinecloud.operations.tables import Shelf
shelf = Shelf(Path(sys.argv[1]), now_us)
with shelf.work(SYSTEM) as work:
    made = report(work, Report(type="flood", title="Rhein"))
n = 0
print(made.id, flush=True)
while True:
    with shelf.work(SYSTEM) as work:
        seq = add(work, made.id, "note", {"n": n})
        work.tell("log.written", str(seq), made.id)
    print(seq, flush=True)
    n += 1
"""


def test_killed_in_the_middle_nothing_that_was_confirmed_is_gone(tmp_path: Path, held_clock: HeldClock) -> None:
    folder, source = tmp_path / "city", Path(__file__).parents[2] / "src"
    folder.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), str(source)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    incident = child.stdout.readline().strip()
    confirmed = 0
    for _ in range(30):
        confirmed = int(child.stdout.readline())
    child.kill()
    confirmed = max([confirmed, *(int(line) for line in child.stdout.read().split("\n")[:-1])])
    child.wait()
    child.stdout.close()
    at = shelf(tmp_path, held_clock)
    admin = desk(at)
    entries = admin.log(incident)
    assert len(entries) >= confirmed
    assert admin.verify_log(incident).breaks == ()
    told = at.rows("SELECT count(*) FROM news WHERE what = 'log.written'")[0][0]
    assert told == len(entries) - 1, "an entry and its news are there together"
    at.close()
