"""The two judges of hand-computed sessions."""

from typing import cast

import pytest

from tests.session.judges import EngineReading, Judge, OracleReading


@pytest.fixture(params=[OracleReading, EngineReading], ids=["oracle", "engine"])
def judge(request: pytest.FixtureRequest) -> Judge:
    """Reads a sheet: once the slow oracle, once the engine."""
    return cast("Judge", request.param)
