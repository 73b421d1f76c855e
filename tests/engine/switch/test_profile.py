"""Broker profiles: what is wrong is named with file, key and what is allowed."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.engine.errors import SettingsError
from app.engine.switch.profile import (
    Parameter,
    Strategy,
    parameter_fault,
    parameters_fault,
    profile_of,
    written_as_number,
)
from tests.engine.switch.made import profile

ONE: dict[str, Any] = {"name": "x", "strategies": {"V": {"wire": "1"}}}


def test_that_the_shipped_profile_is_whole(repository: Path) -> None:
    text = (repository / "resources" / "profiles" / "sim.toml").read_text("utf-8")
    found = profile_of(tomllib.loads(text), "sim.toml")
    assert found.mode == "replace"
    assert found.pause is not None
    assert {"VWAP", "PASSIVE"} <= set(found.strategies)


def test_that_a_broker_nobody_knows_is_cancelled_and_entered_anew() -> None:
    assert profile_of(ONE, "x.toml").mode == "cancel_new"
    assert not profile_of(ONE, "x.toml").status_request


def test_that_a_strategy_is_named_by_its_wire_value() -> None:
    assert profile().strategy("2") == "PASSIVE"
    assert profile().strategy("77") == "77"
    assert profile().strategy(None) is None
    assert profile().parameter_tags() == {6404, 6406, 957, 958, 959, 960}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mode": "maybe"}, "mode"),
        ({"unknown": 1}, "unknown"),
        ({"answer_s": 0}, "answer_s"),
        ({"strategies": {}}, "at least one strategy"),
        ({"strategies": {"A": {"wire": "1"}, "B": {"wire": "1"}}}, "wire value of its own"),
        ({"strategies": {"A": {"wire": "1", "parameters": {"P": {"kind": "choice"}}}}}, "parameters.P.choices"),
        (
            {"strategies": {"A": {"wire": "1", "parameters": {"P": {"kind": "int", "default": "x"}}}}},
            "parameters.P.default",
        ),
    ],
)
def test_that_a_wrong_profile_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        profile_of(ONE | change, "x.toml")
    assert "x.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("int", ["1", "50"], ["0", "51", "1.5", "x", "9" * 400]),
        ("float", ["1", "49.5"], ["0.5", "nan", "inf", "x"]),
        ("bool", ["Y", "N"], ["y", "1"]),
        ("choice", ["L"], ["M"]),
        ("text", ["anything"], ["a\x01b"]),
        ("time", ["20260105-15:00:00"], ["\x01"]),
    ],
)
def test_that_a_parameter_says_what_it_may_be(kind: Any, good: list[str], bad: list[str]) -> None:
    parameter = Parameter(kind=kind, low=1, high=50, choices={"L": "low"})
    assert [parameter_fault(parameter, value) for value in good] == [""] * len(good)
    assert all(parameter_fault(parameter, value) for value in bad)


def test_that_bounds_may_be_open() -> None:
    assert parameter_fault(Parameter(kind="float"), "-1000000000") == ""
    assert parameter_fault(Parameter(kind="int"), "") == ""
    assert parameter_fault(Parameter(kind="int", required=True), "") == "a value"


def test_that_the_first_wrong_parameter_is_named() -> None:
    strategy = Strategy(wire="1", parameters={"Pct": Parameter(kind="int", low=1, high=50, required=True)})
    assert parameters_fault(strategy, {"Pct": "10"}) == ""
    assert "Pct = '60'" in parameters_fault(strategy, {"Pct": "60"})
    assert "Pct" in parameters_fault(strategy, {})
    assert "Other is no parameter" in parameters_fault(strategy, {"Other": "1"})
    assert "there are none" in parameters_fault(Strategy(wire="1"), {"Other": "1"})


def test_that_a_number_is_written_as_fix_writes_it() -> None:
    good = ("0", "7", "-7", "007")
    assert all(written_as_number(value, whole=True) and written_as_number(value, whole=False) for value in good)
    for value in ("0.25", ".5", "5.", "-.5"):
        assert written_as_number(value, whole=False)
        assert not written_as_number(value, whole=True)
    for value in ("", "-", ".", "-.", "1_0", "1e1", "+5", "--5", "1.2.3", " 5", "5 ", "\u0665", "nan", "inf", "0x1"):
        assert not written_as_number(value, whole=True), value
        assert not written_as_number(value, whole=False), value
