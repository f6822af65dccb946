"""A skipped test fails CI unless its reason is written down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _run(folder: Path, reason: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(
        f"import pytest\n\ndef test_runs(): pass\n\n@pytest.mark.skip(reason={reason!r})\ndef test_waits(): pass\n"
    )
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "skips", "-p", "no:cacheprovider", "--rootdir", folder, folder],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_unwritten_reason_fails_and_the_closing_line_is_last(tmp_path: Path) -> None:
    done = _run(tmp_path, "no such server here, never heard of")
    assert done.returncode == 1
    assert "SKIPPED without a line in .ci/skips: no such server here" in done.stdout
    assert done.stdout.strip().splitlines()[-1].startswith("1 passed, 1 skipped")


def test_a_written_reason_passes() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    from skips import allowed, surplus

    patterns = allowed("# why\nno display\nneeds .* 12\n")
    assert surplus({"no display here": ["a"], "needs PostGIS 12": ["b"], "other": ["c"]}, patterns) == {"other": ["c"]}
