"""The tutorial's own commands, taken from its page, against a real demo city."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ENV = {k: v for k, v in os.environ.items() if not k.startswith("RHINECLOUD_")}


@pytest.fixture
def city(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A demo city on free ports; gives the note of where it is."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "rhinecloud", "up", "--data", str(data), "--port", "0", "--mqtt-port", "0"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, env=ENV, stdout=log, stderr=log)
        try:
            end = time.monotonic() + 60
            note: dict[str, str] = {}
            while not note.get("url"):
                assert process.poll() is None and time.monotonic() < end, (tmp_path / "log").read_text()
                time.sleep(0.05)
                try:
                    note = json.loads((data / "rhinecloud.lock").read_text())
                except (OSError, ValueError):
                    continue
            yield {**note, "data": str(data)}
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def test_every_command_of_the_tutorial_works_and_tells_what_the_page_says(city: dict[str, str], tmp_path: Path) -> None:
    if not shutil.which("mosquitto_pub") or not shutil.which("curl"):
        pytest.skip("mosquitto_pub or curl is not installed")
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) >= 9
    port = city["url"].rsplit(":", 1)[1]
    script = "\n".join(f"echo '#{number}'\n{block}\necho" for number, block in enumerate(blocks))
    script = script.replace("localhost:8080", f"localhost:{port}").replace("-p 1883", f"-p {city['mqtt_port']}")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "rhinecloud").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rhinecloud "$@"\n')
    (programs / "rhinecloud").chmod(0o755)
    time.sleep(2)  # the demo's first values
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**ENV, "RHINECLOUD_DATA": city["data"], "PATH": f"{programs}:{ENV['PATH']}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(
        enumerate(part.partition("\n")[2].strip() for part in re.split(r"^#\d+", done.stdout, flags=re.MULTILINE)[1:])
    )

    parks = json.loads(said[1])
    assert parks and all(park["availableSpotNumber"] > 100 for park in parks)
    balcony = json.loads(said[5])
    assert balcony["temperature"] == 21.7
    assert balcony["relativeHumidity"] == 0.55
    assert balcony["name"] == "Mein Balkon"
    past = json.loads(said[7])["temperature"]["values"]
    assert sorted(value for value, _ in past) == [21.5, 21.7, 22.4]
    assert "balcony" in said[9]
    assert "device.add" in said[9] and "device.revoke" in said[9]
