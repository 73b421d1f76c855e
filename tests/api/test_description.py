"""The API held against its own description by schemathesis, from outside; the checks of bandit over its code."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.api.figures import COLUMNS
from tests.api.made import MadeApi
from tests.api.serving import Serving

BIN = Path(sys.executable).parent


@pytest.mark.slow
def test_that_no_request_of_its_description_makes_it_fail(tmp_path: Path, repository: Path) -> None:
    served = Serving(tmp_path, rate=1e5, burst=100_000, acts_minute=1e6)
    command = [
        str(BIN / "schemathesis"), "run", f"{served.url}/v1/openapi.json", "--no-color", "--seed", "1",
        "--header", f"Authorization: Bearer {served.made.texts['chief']}", "--max-examples", "2",
        "--phases", "examples", "--checks", "not_a_server_error,status_code_conformance,content_type_conformance",
    ]  # fmt: skip
    try:
        # in a folder of its own: it keeps what it has found where it runs
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env=os.environ | {"COLUMNS": "200"}
        )
    finally:
        served.close()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested is not None
    assert int(tested[1]) >= 7  # every one that has an example: all that act


@pytest.mark.slow
def test_that_bandit_finds_nothing_in_the_code_of_the_api(repository: Path) -> None:
    places = ["app/api", "app/entitlements.py", "app/settings_api.py", "app/session/api_worker.py", "app/cli/api.py"]
    done = subprocess.run(
        [str(BIN / "bandit"), "-q", "-r", *places], capture_output=True, text=True, check=False, cwd=repository
    )
    assert done.returncode == 0, done.stdout


def test_that_fields_are_described_as_the_columns_there_are(api: MadeApi) -> None:
    asked = api.get("/v1/openapi.json").json()["paths"]["/v1/parents"]["get"]["parameters"]
    pattern = next(one["schema"]["pattern"] for one in asked if one["name"] == "fields")
    for good in ("", "level", ",".join(COLUMNS)):
        assert re.search(pattern, good)
        assert api.get(f"/v1/parents?fields={good}").status_code == 200
    for wrong in ("secret", "level,", ",level", "levels"):
        assert not re.search(pattern, wrong)
        assert api.get(f"/v1/parents?fields={wrong}").status_code == 422
