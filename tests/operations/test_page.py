"""The reference page says what the code says."""

from __future__ import annotations

from pathlib import Path

from rhinecloud.operations.life import STEPS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "operations.md"


def test_the_page_lists_every_step() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    takes = {s.name: "a reason" if s.reason else "another incident" if s.other else "" for s in STEPS.values()}
    assert lines == [f"| `{s.name}` | {', '.join(s.before)} | {s.after} | {takes[s.name]} |" for s in STEPS.values()]
