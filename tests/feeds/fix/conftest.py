"""What the FIX tests share: a reader of logs that were never files before."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from app.engine.universe import Universe
from app.feeds.base import Options
from app.feeds.decode.fix_settings import fix_settings
from app.feeds.fixlog import FixFlow, read_flow

Read: TypeAlias = Callable[..., FixFlow]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads bytes as a log file: read(data, settings table, universe=..., options=...)."""

    def reader(
        data: bytes,
        table: Mapping[str, Any] | None = None,
        universe: Universe | None = None,
        options: Options | None = None,
        name: str = "day.log",
    ) -> FixFlow:
        path = tmp_path / name
        path.write_bytes(data)
        return read_flow(path, universe or Universe(), options, fix_settings(table or {}, "test.toml"))

    return reader
