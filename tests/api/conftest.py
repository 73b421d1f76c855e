"""The API over a made board and a made control."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.made import MadeApi


@pytest.fixture
def api(tmp_path: Path) -> Iterator[MadeApi]:
    """Everything in one process, without a socket."""
    made = MadeApi(tmp_path)
    yield made
    made.close()
