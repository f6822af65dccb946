"""What the terminal shows: one console for people, plain text where nobody looks at colours."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from rhinecloud.base.errors import RhineError

SHOW = Console(highlight=False, soft_wrap=True)
SAY = Console(stderr=True, highlight=False, soft_wrap=True)  # standard output is for results that a program may read


def complain(error: RhineError) -> None:
    """One sentence in red, and nothing that only a developer understands."""
    SAY.print(Text("✗ ", "bold red") + Text(error.detail))


def note(text: str) -> None:
    SAY.print(Text(text, "dim"))
