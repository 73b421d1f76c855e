"""What the engine is told once: defaults of the definitions, refused where they make no sense, never changed."""

import msgspec
import pytest

from app.engine.config import EngineConfig
from app.engine.units import SECOND


def test_that_the_level_light_has_the_thresholds_of_the_definitions() -> None:
    config = EngineConfig()
    assert (config.level_mode, config.level_amber, config.level_red) == ("z", 2.0, 3.0)
    assert (config.bps_quiet, config.bps_amber, config.bps_red) == (0.5, 2.0, 4.0)
    assert (config.leave_at, config.dwell_ns) == (0.75, 10 * SECOND)


def test_that_the_ring_outlasts_the_longest_hold_and_search_of_own_prints() -> None:
    assert EngineConfig().ring_ns >= 2 * (10 + 10 + 1) * SECOND
    assert EngineConfig().ring_rows >= 16_384
    assert not EngineConfig().book


def test_that_a_source_without_a_budget_has_a_perfect_clock() -> None:
    config = EngineConfig(clock_budget_ns={"ems": 250})
    assert (config.budget_of("ems"), config.budget_of("other")) == (250, 0)
    assert EngineConfig().budget_of("ems") == 0
    shared = EngineConfig(clock_budget_ns={"ems": 250, "*": 40})
    assert (shared.budget_of("ems"), shared.budget_of("other")) == (250, 40)


@pytest.mark.parametrize("wrong", [{"level_mode": "x"}, {"cost_model": "none"}, {"dwell_ns": "10"}, {"book": 1}])
def test_that_a_value_of_the_wrong_kind_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, EngineConfig)


def test_that_settings_never_change_and_are_not_shared() -> None:
    config = EngineConfig()
    with pytest.raises(AttributeError):
        config.book = True  # type: ignore[misc]
    config.clock_budget_ns["ems"] = 1
    assert EngineConfig().clock_budget_ns == {}
