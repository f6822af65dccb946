"""Nothing grows too large without a written reason; the tool that measures is itself measured here."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module")
def sizes() -> ModuleType:
    spec = spec_from_file_location("sizes", TOOLS / "sizes.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_over_its_limit_without_a_reason() -> None:
    done = subprocess.run([sys.executable, TOOLS / "sizes.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_large_function_is_found_and_its_docstring_does_not_count(sizes: ModuleType, tmp_path: Path) -> None:
    just = "\n".join(f"    x{i} = {i}" for i in range(59))
    documented = f'def small():\n    """{"word " * 9}\n\n    more\n    """\n{just}\n'
    (tmp_path / "a.py").write_text(f"{documented}\n\ndef large():\n{just}\n    x = 1\n")
    assert [m.name for m in sizes.over(list(sizes.measure(tmp_path)))] == ["a.py::large"]


def test_parameters_are_counted_without_self(sizes: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class A:\n    def f(self, a, b, *, c): pass\n")
    assert [m.lines for m in sizes.measure(tmp_path) if m.kind == "parameters"] == [3]
