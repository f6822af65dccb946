"""`rhinecloud simulate FILE`: plays the demo's devices; `up` starts it, a person rarely does."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


def simulate(arguments: list[str]) -> None:
    """Plays the devices whose credentials the file holds, until told to stop."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("Usage: rhinecloud simulate FILE\n\nFILE holds the credentials that `rhinecloud up` wrote.\n")
        sys.exit(0 if arguments[:1] == ["--help"] else 2)
    from rhinecloud.base.errors import RhineError
    from rhinecloud.base.telemetry import set_up_logs
    from rhinecloud.kit.simulate import run

    set_up_logs()
    try:
        asyncio.run(run(Path(arguments[0])))
    except RhineError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
