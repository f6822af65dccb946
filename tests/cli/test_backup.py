"""Backups of a city that runs and of one that stands still; restored, they are the same city."""

from __future__ import annotations

import json
import os
import stat
import urllib.request
import zipfile
from pathlib import Path

import pytest

from .conftest import Running, run
from .test_device import _entity, _push


def _fill(city: Running) -> None:
    secret = city.run("device", "add", "kept", "--type", "WeatherObserved", "--name", "Kept").stdout.strip()
    for minute in range(20):
        body = {"temperature": minute, "observedAt": f"2026-08-22T10:{minute:02}:00Z"}
        assert _push(city, "kept", secret, body) < 300
    _entity(city, "urn:ngsi-ld:WeatherObserved:kept")


def _past(city: Running) -> list[float]:
    token = (city.data / "secrets" / "cli.token").read_text().strip()
    request = urllib.request.Request(
        f"{city.url}/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:WeatherObserved:kept?attrs=temperature&options=temporalValues",
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return sorted(value for value, _ in json.load(answer)["temperature"]["values"])


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_a_restored_backup_is_the_same_city(tmp_path: Path, running: bool) -> None:
    first = Running(tmp_path / "first", "--empty")
    archive = tmp_path / "a.zip"
    try:
        _fill(first)
        before = _past(first)
        if not running:
            first.stop()
        done = first.run("backup", archive)
    finally:
        first.stop()
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert not list((tmp_path / "first").glob(".snapshot-*"))

    restored = run("restore", archive, "--data", tmp_path / "second")
    assert restored.returncode == 0, restored.stderr
    second = Running(tmp_path / "second", "--empty")
    try:
        assert _past(second) == before == [float(n) for n in range(20)]
        assert _entity(second, "urn:ngsi-ld:WeatherObserved:kept")["temperature"]["value"] == 19  # type: ignore[index]
        assert "kept" in second.run("device", "list").stdout
        assert second.run("audit", "verify").returncode == 0
        # It lives on: what comes in after the restore is kept as well.
        secret = second.run("device", "rotate", "kept").stdout.strip()
        assert _push(second, "kept", secret, {"temperature": 30, "observedAt": "2026-08-22T11:00:00Z"}) < 300
        end = 100
        while 30.0 not in _past(second) and end:
            end -= 1
        assert _past(second) == [*before, 30.0]
    finally:
        second.stop()


def test_restore_refuses_a_city_that_is_there_and_puts_it_aside_when_forced(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "tenants" / "city").mkdir(parents=True)
    (data / "rhinecloud.toml").write_text('language = "en"\n')
    assert run("backup", tmp_path / "a.zip", data=data).returncode == 0
    (data / "rhinecloud.toml").write_text('language = "de"\n')
    refused = run("restore", tmp_path / "a.zip", data=data)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    forced = run("restore", tmp_path / "a.zip", "--force", data=data)
    assert forced.returncode == 0, forced.stderr
    assert (data / "rhinecloud.toml").read_text() == 'language = "en"\n'
    [aside] = tmp_path.glob("data.before-restore-*")
    assert (aside / "rhinecloud.toml").read_text() == 'language = "de"\n'


def test_a_running_city_is_never_restored_over(city: Running, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    assert city.run("backup", archive).returncode == 0
    done = city.run("restore", archive, "--force")
    assert done.returncode == 1
    assert "stop it" in done.stderr


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    (data / "rhinecloud.toml").write_text('language = "en"\n' + "# filling\n" * 500)
    (data / "secrets").mkdir()
    (data / "secrets" / "x").write_bytes(os.urandom(5000))
    assert run("backup", tmp_path / "a.zip", data=data).returncode == 0
    return tmp_path / "a.zip"


def test_a_damaged_archive_is_refused_before_anything_is_touched(archive: Path, tmp_path: Path) -> None:
    broken = bytearray(archive.read_bytes())
    broken[len(broken) // 2] ^= 0xFF
    archive.write_bytes(broken)
    done = run("restore", archive, "--data", tmp_path / "new")
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".snapshot-*"))
    assert run("restore", archive, "--check").returncode == 1


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside", "..\\outside"])
def test_an_archive_cannot_write_outside_of_the_city(archive: Path, tmp_path: Path, name: str) -> None:
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(archive) as good, zipfile.ZipFile(hostile, "w") as bad:
        manifest = json.loads(good.read("manifest.json"))
        manifest["files"][name] = manifest["files"]["rhinecloud.toml"]
        bad.writestr("manifest.json", json.dumps(manifest))
        bad.writestr(name, good.read("rhinecloud.toml"))
    done = run("restore", hostile, "--data", tmp_path / "new")
    assert done.returncode == 1
    assert "outside of the city" in done.stderr
    assert not (tmp_path / "outside").exists()


def test_what_is_no_archive_and_what_is_not_there_are_said(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    assert "is no backup" in run("restore", tmp_path / "text.zip", "--check").stderr
    assert "does not exist" in run("restore", tmp_path / "none.zip", "--check").stderr
    assert "There is no city" in run("backup", data=tmp_path / "nowhere").stderr


def test_a_backup_never_replaces_a_file(archive: Path, tmp_path: Path) -> None:
    done = run("backup", archive, data=tmp_path / "data")
    assert done.returncode == 1
    assert "exists already" in done.stderr


def test_secrets_stay_private_when_restored(archive: Path, tmp_path: Path) -> None:
    assert run("restore", archive, "--data", tmp_path / "new").returncode == 0
    assert stat.S_IMODE((tmp_path / "new" / "secrets").stat().st_mode) == 0o700
