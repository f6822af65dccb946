"""Sizes of modules and functions, with a ratchet: fails on what is newly too large and has no written reason.

    python tools/sizes.py          the table, and what is over
    python tools/sizes.py --all    every module

The figures serve the reader: a table of 700 rows in one file is fine and says so here.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "rhinecloud"


class Limit(NamedTuple):
    look_again: int
    needs_reason: int


LIMITS = {
    "module": Limit(350, 600),
    "function": Limit(40, 60),
    "parameters": Limit(6, 8),
    "template": Limit(150, 250),
    "component": Limit(300, 400),
    "door": Limit(60, 60),
}

ADVICE = "make it smaller, or write its reason into tools/sizes.py"

REASONS: dict[str, str] = {
    "src/rhinecloud/connect/__init__.py": "the way in has many doors; feeds of warnings are fetched as carefully",
    "src/rhinecloud/kit/__init__.py": "all that a pack may use has to stand in one list",
    "src/rhinecloud/access/migrations/versions/0001_first.py::upgrade": "a list of tables, read from top to bottom",
    "src/rhinecloud/cli/device.py::add_device": "every parameter is an option that a person may type",
    "src/rhinecloud/context/present.py::Present.__init__": "one place makes it, with names",
    "src/rhinecloud/insight/room.py::Insight.__init__": "one place makes it, with names",
    "src/rhinecloud/operations/__init__.py": "a command centre works with many kinds of things, and screens name each",
    "src/rhinecloud/operations/assignments.py::ask": "the parts of a need; callers name them",
    "src/rhinecloud/operations/journal.py::add": "the parts of an entry; callers name them",
    "src/rhinecloud/operations/room.py::Operations.__init__": "one place makes it, with names",
    "src/rhinecloud/web/pages/alert.py::AlertScreens._page": "the page's typed object, member by member",
    "src/rhinecloud/web/pages/rule.py::RuleEditor._editor": "the page's typed object, member by member",
    "src/rhinecloud/web/pages/packs.py::Packs._shelves": "a table of all that packs bring",
    "src/rhinecloud/history/series.py::read_series": "a question has these parts; callers name them",
}


class Measured(NamedTuple):
    kind: str
    name: str
    lines: int


def measure(root: Path = SOURCE) -> Iterator[Measured]:
    """Every module, function, template and web component under `root`."""
    for file in sorted(root.rglob("*")):
        if "vendor" in file.parts or "__pycache__" in file.parts or not file.is_file():
            continue
        name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.relative_to(root).as_posix()
        if file.suffix == ".py":
            text = file.read_text("utf-8")
            kind = "door" if file.name == "__init__.py" and file.parent.parent == root else "module"
            yield Measured(kind, name, text.count("\n"))
            yield from _functions(name, ast.parse(text))
        elif file.suffix in (".html", ".jinja"):
            yield Measured("template", name, file.read_text("utf-8").count("\n"))
        elif file.suffix in (".js", ".mjs"):
            yield Measured("component", name, file.read_text("utf-8").count("\n"))


def _functions(name: str, tree: ast.AST, inside: str = "") -> Iterator[Measured]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            full = f"{name}::{inside}{node.name}"
            yield Measured("function", full, (node.end_lineno or node.lineno) - node.lineno + 1 - _documentation(node))
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield Measured("parameters", full, sum(a.arg not in ("self", "cls") for a in given))
            yield from _functions(name, node, f"{inside}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from _functions(name, node, f"{inside}{node.name}.")


def _documentation(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return (first.end_lineno or first.lineno) - first.lineno + 1 if text else 0


def over(measured: list[Measured]) -> list[Measured]:
    """What needs a written reason and has none."""
    return [m for m in measured if m.lines > LIMITS[m.kind].needs_reason and m.name not in REASONS]


def stale(measured: list[Measured]) -> list[str]:
    """Reasons for what is small by now, or gone."""
    large = {m.name for m in measured if m.lines > LIMITS[m.kind].needs_reason}
    return sorted(REASONS.keys() - large)


def main() -> int:
    measured = list(measure())
    print(f"{'':12}{'count':>7}{'median':>8}{'p90':>6}{'most':>6}   look again above, needs a reason above")
    for kind, limit in LIMITS.items():
        sizes = sorted(m.lines for m in measured if m.kind == kind)
        if sizes:
            p90 = sizes[int(len(sizes) * 0.9)] if len(sizes) > 1 else sizes[0]
            row = f"{kind:12}{len(sizes):7}{median(sizes):8.0f}{p90:6}{sizes[-1]:6}"
            print(f"{row}   {limit.look_again}, {limit.needs_reason}")
    again = [m for m in measured if m.lines > LIMITS[m.kind].look_again]
    for m in sorted(again if "--all" not in sys.argv else measured, key=lambda m: (m.kind, -m.lines)):
        print(f"  {m.kind:10} {m.lines:5}  {m.name}{'  ' + REASONS[m.name] if m.name in REASONS else ''}")
    bad, old = over(measured), stale(measured)
    for m in bad:
        print(f"✗ {m.name}: {m.kind} of {m.lines}, more than {LIMITS[m.kind].needs_reason}; {ADVICE}")
    for name in old:
        print(f"✗ {name}: its reason in tools/sizes.py is no longer needed")
    return 1 if bad or old else 0


if __name__ == "__main__":
    sys.exit(main())
