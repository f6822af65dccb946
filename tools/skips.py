"""A pytest plugin (`-p skips`): a skipped test fails the run, unless .ci/skips has its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ALLOWED = Path(__file__).parents[1] / ".ci" / "skips"


def allowed(text: str) -> list[re.Pattern[str]]:
    return [re.compile(line) for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def surplus(reasons: dict[str, list[str]], patterns: list[re.Pattern[str]]) -> dict[str, list[str]]:
    """Reasons that no line of the list covers, each with its tests."""
    return {reason: tests for reason, tests in reasons.items() if not any(p.match(reason) for p in patterns)}


class Skips:
    def __init__(self) -> None:
        self.reasons: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._take(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._take(report)

    def _take(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.reasons.setdefault(text.removeprefix("Skipped: "), []).append(report.nodeid)

    def _bad(self) -> dict[str, list[str]]:
        return surplus(self.reasons, allowed(ALLOWED.read_text("utf-8")))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._bad() and session.exitstatus == 0:
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for reason, tests in self._bad().items():
            terminalreporter.write_line(f"SKIPPED without a line in .ci/skips: {reason}", red=True)
            for test in tests[:10]:
                terminalreporter.write_line(f"    {test}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Skips(), "skips-are-failures")
