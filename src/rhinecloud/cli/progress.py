"""A progress bar on a terminal; elsewhere nothing, since a log is no place for one."""

from __future__ import annotations

from types import TracebackType
from typing import Literal

from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from .terminal import SAY


class Progress:
    """One bar; `total` None where it is not known."""

    def __init__(self, what: str, total: int | None, unit: Literal["bytes", "things"]) -> None:
        count: ProgressColumn = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            count,
            TimeRemainingColumn(),
            console=SAY,
            transient=True,
            disable=not SAY.is_terminal,
        )
        self._task = self._bar.add_task(what, total=total)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self, by: int) -> None:
        self._bar.advance(self._task, by)
