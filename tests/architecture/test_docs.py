"""The docs say what the code says: generated pages are current, links lead somewhere, commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/rhinecloud/packs/*/README.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)\s]*)?\)")


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "reference.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_exist(page: Path) -> None:
    for target, _ in _LINK.findall(page.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which does not exist"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_commands_that_are_shown_exist(page: Path) -> None:
    from typer.main import get_command

    from rhinecloud.cli.commands import app

    tree = get_command(app)
    for line in page.read_text("utf-8").splitlines():
        found = re.match(r"\s*(?:\$ )?(?:\.venv/bin/)?rhinecloud ((?:[a-z-]+ ?)+)", line)
        if not found:
            continue
        command, words = tree, found[1].split()
        while words and (inner := getattr(command, "commands", None)) is not None:
            word = words.pop(0)
            assert word in inner or word == "simulate", f"{page.name}: `rhinecloud {found[1].strip()}` does not exist"
            if word == "simulate":
                break
            command = inner[word]


def test_decisions_are_numbered_without_gaps_and_have_their_headings() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(p.name[:4]) for p in records] == list(range(1, len(records) + 1))
    for record in records:
        headings = re.findall(r"^## (.+)$", record.read_text("utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], record.name
