"""The commands: what a person types at a terminal.

In: the command line. Out: a running city, or work done on one, over its APIs and its data directory.
Each command imports what it needs when it is called, so that `rhinecloud --help` answers at once.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Runs a command; errors of the family become one sentence and exit code 1."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["simulate"] and given[-1].endswith(".json"):  # the demo's child: needs no command tree
        from pathlib import Path

        from .simulate import play

        play(Path(given[-1]))
        return

    from rhinecloud.base.errors import RhineError

    from .commands import app

    try:
        app(args=given, prog_name="rhinecloud")
    except RhineError as error:
        from .terminal import complain

        complain(error)
        sys.exit(1)
