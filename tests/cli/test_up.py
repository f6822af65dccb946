"""Starting and stopping a city by its command."""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
import urllib.request
from pathlib import Path

import pytest

from .conftest import Running, run


def test_a_city_says_where_it_is_how_to_get_in_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    city = Running(tmp_path / "data", "--empty")
    with urllib.request.urlopen(city.url + "/health", timeout=5) as answer:
        assert answer.status == 200
    children = _children(city.process.pid)
    invited = city.run("user", "add", "anna").stdout
    assert invited.startswith(f"{city.url}/sign-in/link/"), "on the port that this city took"
    assert city.stop(signal.SIGINT) == 0
    assert city.url in city.said
    assert "/sign-in/link/" in city.said
    assert "everything acknowledged is kept" in city.said
    assert "Traceback" not in city.said
    assert not [pid for pid in children if _alive(pid)]


def test_sigterm_stops_a_city_in_order_too(tmp_path: Path) -> None:
    city = Running(tmp_path / "data", "--empty")
    assert city.stop(signal.SIGTERM) == 0
    assert "everything acknowledged is kept" in city.said


def _alive(pid: int) -> bool:
    """Runs still; a zombie that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_demo_s_devices_send_and_the_simulator_ends_with_the_city(tmp_path: Path) -> None:
    city = Running(tmp_path / "data")
    try:
        end = time.monotonic() + 30
        listed = ""
        while "s ago" not in listed and time.monotonic() < end:
            time.sleep(0.3)
            listed = city.run("device", "list", "--limit", "1000").stdout
        assert len(listed.splitlines()) > 400
        simulators = [
            pid for pid in _children(city.process.pid) if b"simulate" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        assert len(simulators) == 1
        city.process.kill()
        city.process.wait()
        end = time.monotonic() + 10
        while _alive(simulators[0]) and time.monotonic() < end:
            time.sleep(0.05)
        assert not _alive(simulators[0])
    finally:
        city.stop(signal.SIGKILL)


def test_a_second_city_on_the_same_directory_is_refused_and_says_who_holds_it(city: Running) -> None:
    second = city.run("up", "--empty", "--port", "0", "--mqtt-port", "0")
    assert second.returncode == 1
    assert f"process {city.process.pid}" in second.stderr
    assert city.url in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize("option", ["--port", "--mqtt-port"])
def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = "--mqtt-port" if option == "--port" else "--port"
        done = run("up", "--empty", "--data", tmp_path / "data", option, str(port), other, "0")
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr
    assert f"{option} {port + 1}" in done.stderr


def test_open_is_refused_where_others_could_reach_it(tmp_path: Path) -> None:
    done = run("up", "--open", "--host", "0.0.0.0", "--data", tmp_path / "data", "--port", "0", "--mqtt-port", "0")
    assert done.returncode == 1
    assert "refused on 0.0.0.0" in done.stderr


def test_open_warns_loudly(tmp_path: Path) -> None:
    city = Running(tmp_path / "data", "--empty", "--open")
    city.stop()
    assert "OPEN: everyone on this machine" in city.said


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "rhinecloud.toml").write_text('prot = 8080\nlanguage = "de"\n')
    done = run("up", "--data", tmp_path)
    assert done.returncode == 1
    assert "prot" in done.stderr


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = run("up", "--empty", "--data", blocked / "data", "--port", "0", "--mqtt-port", "0")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


def test_the_lock_of_a_killed_city_does_not_block_the_next_start(tmp_path: Path) -> None:
    first = Running(tmp_path / "data", "--empty")
    first.stop(signal.SIGKILL)
    (tmp_path / "data" / "rhinecloud.lock").write_text("")
    second = Running(tmp_path / "data", "--empty")
    assert second.stop() == 0


def test_help_names_every_command() -> None:
    done = run("--help")
    for name in (
        "up",
        "status",
        "doctor",
        "import",
        "export",
        "backup",
        "restore",
        "device",
        "user",
        "token",
        "tenant",
        "audit",
    ):
        assert f" {name} " in done.stdout


def test_status_tells_of_a_running_city_and_of_none(city: Running, tmp_path: Path) -> None:
    done = city.run("status")
    assert done.returncode == 0
    assert city.url in done.stdout
    nothing = run("status", data=tmp_path)
    assert nothing.returncode == 1
    assert "No city runs on" in nothing.stderr


def test_the_control_socket_is_for_its_user_alone(city: Running) -> None:
    mode = (city.data / "control.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) & 0o077 == 0


def test_the_working_directory_stays_as_it_was(city: Running) -> None:
    assert not [name for name in os.listdir() if name.startswith("rhinecloud-data")] or Path("rhinecloud-data").is_dir()
