"""An exported log, checked by the verifier that stands alone; and whatever somebody may do to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rhinecloud.operations import verifier


def check(file: Path, head: str = "") -> tuple[int, str]:
    """What the stand-alone verifier says of a file, with nothing but Python: its answer, and the breaks it names."""
    words = [sys.executable, "-I", "-S", verifier.__file__, str(file), *(("--head", head) if head else ())]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, "\n".join(line for line in done.stdout.splitlines() if line.startswith("✗"))


def whatever_is_done_to_it_is_found(log: Path, noted: str, folder: Path) -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    at = [n for n, line in enumerate(lines) if line["record"] == "entry"]
    middle, last = at[len(at) // 2], at[-1]

    def broken(name: str, changed: list[dict[str, Any]], head: str = noted) -> str:
        file = folder / f"{name}.jsonl"
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in changed), "utf-8")
        code, breaks = check(file, head)
        assert code == (1 if breaks else 0)
        return breaks

    assert broken("same", lines) == ""
    flipped = json.loads(json.dumps(lines))
    flipped[middle]["content"] = flipped[middle]["content"].replace("e", "E", 1)
    assert "the content is not the one that was written" in broken("flipped", flipped)
    assert "stands where" in broken("dropped", [line for n, line in enumerate(lines) if n != middle])
    swapped = [*lines]
    swapped[middle], swapped[middle + 1] = lines[middle + 1], lines[middle]
    assert "stands where" in broken("swapped", swapped)
    cut = [line for n, line in enumerate(lines) if n != last]
    assert "the entry was cut off" in broken("cut", cut)
    # Whoever cuts off the anchors with it has a log that fits in itself; a head that was noted is not in it.
    gone = lines[last]["seq"]
    bare = [line for line in cut if not (line["record"] == "anchor" and line["seq"] >= gone)]
    assert broken("bare", bare, head="") == ""
    assert "is not in this log" in broken("bare", bare)
