"""Paths into documents name whatever a document may hold."""

from __future__ import annotations

import pytest

from rhinecloud.connect.paths import compile_path


@pytest.mark.parametrize("key", ["\n", "a\nb", " ", "]", "a]b", '"', "$", "é"])
def test_any_key_can_be_named(key: str) -> None:
    assert compile_path(f"$['id']['{key}']")({"id": {key: 3}}) == 3
