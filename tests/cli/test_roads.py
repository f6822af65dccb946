"""`rhinecloud roads`: an extract becomes the streets of a tenant, and who loaded it is in the audit log."""

from __future__ import annotations

from pathlib import Path

import pytest

from rhinecloud.cli import main
from rhinecloud.operations import planning

STREET = """<?xml version="1.0"?><osm version="0.6"><node id="1" lat="51.45" lon="6.70"/><node id="2" lat="51.45"
lon="6.72"/><way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way></osm>"""


def test_streets_are_loaded_shown_and_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, extract = tmp_path / "data", tmp_path / "town.osm"
    (data / "tenants" / "city").mkdir(parents=True)
    extract.write_text(STREET)
    given = ["--data", str(data)]
    _run(["roads", "import", str(extract), *given])
    told = capsys.readouterr()
    assert "town.osm: 1.4 km of streets" in told.out and "OpenStreetMap" in told.err
    assert planning.known_of(data / "tenants" / "city") is not None
    _run(["roads", "show", *given])
    assert "SHA-256" in capsys.readouterr().out
    _run(["roads", "remove", *given])
    _run(["roads", "show", *given])
    assert "No streets" in capsys.readouterr().out
    _run(["audit", "list", *given])
    listed = capsys.readouterr().out
    assert "roads.import" in listed and "roads.remove" in listed


def test_what_is_no_extract_or_no_tenant_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, wrong = tmp_path / "data", tmp_path / "wrong.osm.pbf"
    (data / "tenants" / "city").mkdir(parents=True)
    wrong.write_text("no")
    for arguments, words in (
        (["roads", "import", str(wrong)], "cannot be read"),
        (["roads", "import", str(wrong), "--tenant", "port"], "no tenant port"),
        (["roads", "remove"], "No streets"),
    ):
        with pytest.raises(SystemExit):
            main([*arguments, "--data", str(data)])
        assert words in capsys.readouterr().err


def _run(arguments: list[str]) -> None:
    try:
        main(arguments)
    except SystemExit as done:
        assert done.code in (0, None)
