"""The doctor finds what is wrong, and says what to do."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest

from rhinecloud.base.settings import Settings
from rhinecloud.cli import doctor

from .conftest import run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data" / "secrets").mkdir(parents=True, mode=0o700)
    (tmp_path / "data" / "secrets").chmod(0o700)
    return Settings(data=tmp_path / "data", port=0, mqtt_port=0)


@pytest.mark.parametrize("check", [c for c in doctor.CHECKS if c is not doctor.browser_files], ids=lambda c: c.__name__)
def test_a_sound_installation_has_nothing_wrong(settings: Settings, check: doctor.Check) -> None:
    assert check(settings).state != "wrong"


def test_every_finding_that_is_not_good_says_what_to_do(settings: Settings, tmp_path: Path) -> None:
    assert all(f.advice for c in doctor.CHECKS if (f := c(settings)).state == "note")
    assert doctor.data_directory(Settings(data=tmp_path / "new")).advice


def test_secrets_that_others_may_read_are_found(settings: Settings) -> None:
    file = settings.data / "secrets" / "cli.token"
    file.write_text("x")
    file.chmod(0o644)
    found = doctor.secrets(settings)
    assert found.state == "wrong"
    assert "cli.token" in found.text
    assert "chmod" in found.advice


def test_a_damaged_database_is_found(settings: Settings) -> None:
    file = settings.data / "access.db"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE t (x)")
        db.executemany("INSERT INTO t VALUES (?)", [(f"row {n}" * 50,) for n in range(200)])
    db.close()
    assert doctor.databases(settings).state == "good"
    content = bytearray(file.read_bytes())
    content[4096 : 4096 * 3] = bytes(4096 * 2)
    file.write_bytes(content)
    found = doctor.databases(settings)
    assert found.state == "wrong"
    assert "restore" in found.advice


def test_a_taken_port_is_found(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = Settings(data=settings.data, port=taken.getsockname()[1], mqtt_port=0)
        assert doctor.ports(busy).state == "wrong"


def test_a_full_disk_is_found(settings: Settings) -> None:
    assert doctor.disk(Settings(data=settings.data, disk_reserve_bytes=10**18)).state == "wrong"


def test_the_command_exits_with_1_when_something_is_wrong(settings: Settings) -> None:
    (settings.data / "access.db").write_bytes(b"no database at all, but long enough to be read as one" * 100)
    done = run("doctor", data=settings.data)
    assert done.returncode == 1
    assert "access.db is damaged" in done.stdout
