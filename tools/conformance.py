"""Runs a checkout of the public ETSI NGSI-LD test suite against real cities: a fresh, empty one before every group.

    make conformance SUITE=CHECKOUT ARGS='--runner RUNNER --python PYTHON --out OUT'
    make conformance SUITE=CHECKOUT ARGS='--runner RUNNER --group Provision/Entities'

Nothing of the suite is part of this repository. PYTHON is one that has the suite's requirements. RUNNER is a script
that starts robot; it has to understand ``--suite --python --out --url`` (repeated: groups are spread over the cities),
``--group`` (repeated; all) and ``--before COMMAND``, which it runs before each group with ETSI_GROUP and ETSI_URL in
the environment. Everything this program does not know is passed on to it. Afterwards it prints every answer 5xx that
the cities counted, by group and operation. Exit: what the runner says, or 1 where there was a 5xx other than 504.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

_COUNTED = re.compile(r'^rhinecloud_ngsi_ld_requests_total\{operation="([^"]*)",status="(\d+)"\} (\S+)$', re.MULTILINE)
_FIRST_PORT = 9310  # below the ports that systems hand out, so that a city finds its own again
_PAGE = "30"  # the suite's temporal cases want pages between 21 and 39 instances


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", help="a checkout of the suite")
    parser.add_argument("--runner", required=True, type=Path, help="the script that starts robot")
    parser.add_argument("--python", default=sys.executable, help="a Python with the suite's requirements")
    parser.add_argument("--out", type=Path, help="where results and the cities' logs go (default: a new folder)")
    parser.add_argument("--cities", type=int, default=2, help="how many cities share the groups")
    parser.add_argument("--group", action="append", default=[], help="a group or a file of the suite; repeatable")
    asked, more = parser.parse_known_args()
    if not asked.suite or not Path(asked.suite).is_dir() or not asked.runner.is_file():
        parser.error("SUITE has to be a checkout of the suite, --runner a script that starts robot")
    out = (asked.out or Path(tempfile.mkdtemp(prefix="rhinecloud-conformance-"))).resolve()
    out.mkdir(parents=True, exist_ok=True)
    ports = _free_ports(asked.cities)
    for left in (*out.glob("*.counted.jsonl"), *out.glob("*.log")):
        left.unlink()
    try:
        for port in ports:
            _start(out, port, "")
        command = [sys.executable, str(asked.runner), "--suite", asked.suite, "--python", asked.python]
        command += ["--out", str(out), "--before", f'"{sys.executable}" "{Path(__file__).resolve()}" --afresh "{out}"']
        for port in ports:
            command += ["--url", f"http://127.0.0.1:{port}/ngsi-ld/v1"]
        for group in asked.group or ["all"]:
            command += ["--group", group]
        code = subprocess.run([*command, *more], check=False).returncode
    finally:
        for port in ports:
            _stop(out, port)
    return _tell_failures(out) or code


def afresh(out: Path) -> int:
    """Puts an empty city in the place of the one that the coming group would be run against."""
    port = urlsplit(os.environ["ETSI_URL"]).port or 0
    _stop(out, port)
    _start(out, port, os.environ["ETSI_GROUP"])
    return 0


def _start(out: Path, port: int, group: str) -> None:
    data = Path(tempfile.mkdtemp(prefix=f"{port}-", dir=out)) / "data"
    command = [sys.executable, "-m", "rhinecloud", "up", "--empty", "--open", "--mqtt-port", "0"]
    environment = os.environ | {"RHINECLOUD_TEMPORAL_PAGE_INSTANCES": _PAGE}
    with (out / f"{port}.log").open("ab") as log:
        city = subprocess.Popen(
            [*command, "--port", str(port), "--data", str(data)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    (out / f"{port}.json").write_text(json.dumps({"pid": city.pid, "group": group}))
    end = time.monotonic() + 60
    while city.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ngsi-ld/v1/types", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The city on port {port} did not start; see {out}/{port}.log")


def _stop(out: Path, port: int) -> None:
    """Notes what the city counted, then ends it; nothing where there is none."""
    place = out / f"{port}.json"
    if not place.is_file():
        return
    city = json.loads(place.read_text())
    place.unlink()
    if city["group"]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            counted = _COUNTED.findall(answer.read().decode())
        with (out / f"{port}.counted.jsonl").open("a") as lines:
            print(json.dumps({"group": city["group"], "counted": counted}), file=lines)
    os.kill(city["pid"], signal.SIGTERM)
    end = time.monotonic() + 30
    while time.monotonic() < end and _listens(port):
        time.sleep(0.1)


def _tell_failures(out: Path) -> int:
    """Prints the answers 5xx by group and operation; 1 where one of them is not 504."""
    requests = worse = 0
    for path in sorted(out.glob("*.counted.jsonl")):
        for line in path.read_text().splitlines():
            told = json.loads(line)
            for operation, status, number in told["counted"]:
                requests += int(float(number))
                if status.startswith("5"):
                    worse += status != "504"
                    print(f"{status} × {float(number):g}  {operation}  ({told['group']})")
    print(f"{requests:,} requests were answered; {worse or 'none'} of the lines above is a 5xx other than 504")
    return 1 if worse else 0


def _free_ports(number: int) -> list[int]:
    found: list[int] = []
    port = _FIRST_PORT
    while len(found) < number:
        if not _listens(port):
            found.append(port)
        port += 1
    return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(afresh(Path(sys.argv[2])) if sys.argv[1:2] == ["--afresh"] else main())
