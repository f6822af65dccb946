"""What our OpenAPI document says is what the city does: schemathesis makes requests from it.

RHINECLOUD_FUZZ_EXAMPLES says how many are made for each operation (8 where nothing is said).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import LiveCity

EXAMPLES = os.environ.get("RHINECLOUD_FUZZ_EXAMPLES", "8")
# What a schema cannot say is left out of the checks: which bodies are good NGSI-LD, which queries mean something.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_answer_is_one_that_the_document_names(open_city: LiveCity, tmp_path: Path) -> None:
    program = "from schemathesis.cli import schemathesis; schemathesis()"
    command = [sys.executable, "-c", program, "run", f"{open_city.url}/openapi.json", "--checks", ",".join(CHECKS)]
    done = subprocess.run(
        [
            *command,
            "--max-examples",
            EXAMPLES,
            "--seed",
            "22",
            "--suppress-health-check",
            "all",
            "--continue-on-failure",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
