"""A table for people; tab-separated lines where the output is not a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    if not sys.stdout.isatty():
        for row in rows:
            sys.stdout.write("\t".join(row) + "\n")
        return
    from rich.table import Table
    from rich.text import Text

    from .terminal import SHOW

    shown = Table(*heads, box=None, header_style="bold", padding=(0, 2, 0, 0))
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row))
    SHOW.print(shown)
