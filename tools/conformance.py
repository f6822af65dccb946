"""Runs a checkout of the public ETSI NGSI-LD test suite against a fresh, empty city.

    make conformance SUITE=/path/to/checkout ARGS='--group Provision/Entities --out /tmp/out'

The runner is a script of its own: named by RHINECLOUD_ETSI_RUNNER, else looked for beside the checkout of this
repository. It has to take --suite, --url and whatever ARGS say. The suite's Python packages come from an environment
of its own (ARGS='--python …'). What passes is kept in docs/reference.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNNER = Path(os.environ.get("RHINECLOUD_ETSI_RUNNER") or ROOT.parent / "shared" / "tools" / "etsi_run.py")


def main() -> int:
    suite, *more = sys.argv[1:] or [""]
    if not suite or not Path(suite).is_dir():
        print("Name a checkout of the suite: make conformance SUITE=/path/to/ngsi-ld-test-suite", file=sys.stderr)
        return 2
    if not RUNNER.is_file():
        print(f"There is no runner at {RUNNER}; name one with RHINECLOUD_ETSI_RUNNER", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="rhinecloud-conformance-") as folder:
        data = Path(folder) / "data"
        city = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "rhinecloud",
                "up",
                "--empty",
                "--open",
                "--port",
                "0",
                "--mqtt-port",
                "0",
                "--data",
                data,
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            url = _wait(city, data) + "/ngsi-ld/v1"
            groups = [] if "--group" in more else ["--group", "all"]
            command = [sys.executable, str(RUNNER), "--suite", suite, "--url", url, *groups, *more]
            return subprocess.run(command, check=False).returncode
        finally:
            city.send_signal(signal.SIGINT)
            city.wait(20)


def _wait(city: subprocess.Popen[bytes], data: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end and city.poll() is None:
        try:
            if url := json.loads((data / "rhinecloud.lock").read_text())["url"]:
                return str(url)
        except (OSError, ValueError, KeyError):
            time.sleep(0.1)
    raise SystemExit("The city did not start")


if __name__ == "__main__":
    sys.exit(main())
