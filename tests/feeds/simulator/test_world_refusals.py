"""Worlds that cannot be: each is refused with its file, its key and what is allowed, never with a traceback."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import SettingsError
from app.feeds.simulator import open_world
from app.feeds.simulator.setting import strategy_of
from app.feeds.simulator.world import WORLDS, World, load_world, world_of, world_text

TECH = (WORLDS / "tech.toml").read_text("utf-8")
BAD_NUMBERS = [float("nan"), float("inf"), float("-inf"), "many", True, [1.0]]


def table(*path: str, value: Any) -> dict[str, Any]:
    """TECH's table with one value changed; a number in the path names a row of a list."""
    found: dict[str, Any] = tomllib.loads(TECH)
    place: Any = found
    for key in path[:-1]:
        place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
    place[int(path[-1]) if isinstance(place, list) else path[-1]] = value
    return found


def refused(changed: dict[str, Any]) -> str:
    """What is said of a table that is no world."""
    with pytest.raises(SettingsError) as caught:
        world_of(changed, "mine.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        ("listing", "arrival"), ("listing", "beta"), ("listing", "tick_size"), ("listing", "adv"),
        ("noise", "daily_bps"), ("noise", "scale"), ("volume", "lit"), ("volume", "dark_share"),
        ("books", "refresh_s"), ("books", "pull"), ("impact", "passive"), ("impact", "unit"), ("agent", "post"),
        ("agent", "delay_ms"), ("strategies", "VWAP", "most"), ("fees_mils", "A"), ("latency_us",),
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", BAD_NUMBERS)
def test_that_a_figure_that_is_none_is_refused_by_its_key(path: tuple[str, ...], value: object) -> None:
    said = refused(table(*path, value=value))
    assert said.startswith("mine.toml: ")
    assert ".".join(path[:1]) in said


@pytest.mark.parametrize("bps", [float("nan"), float("inf"), "low"])
def test_that_a_price_cannot_be_pinned_where_there_is_none(bps: object) -> None:
    assert "noise.pins" in refused(table("noise", "pins", value=[["09:30:00", 0.0], ["10:00:00", bps]]))


@pytest.mark.parametrize(
    ("path", "low", "high"),
    [
        (("listing", "tick_size"), 0.0, None), (("volume", "dark_share"), -0.001, 1.001),
        (("volume", "metaorders"), 0, 201), (("parent", "qty"), 0, 10**9 + 1), (("market_seed",), -1, 10**12 + 1),
        (("strategies", "VWAP", "working"), 0, 11), (("agent", "fade"), -0.5, 1.5),
        (("books", "clip"), -1, 10**12 + 1),
    ],
)  # fmt: skip
def test_that_a_figure_outside_its_bounds_is_refused(path: tuple[str, ...], low: Any, high: Any) -> None:
    for value in (low, high):
        if value is not None:
            assert path[-1] in refused(table(*path, value=value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("parent", "qty"), 1), (("parent", "qty"), 10**9), (("volume", "dark_share"), 0.0),
        (("volume", "dark_share"), 1.0), (("volume", "metaorders"), 1), (("volume", "metaorders"), 200),
        (("strategies", "VWAP", "working"), 10), (("market_seed",), 0), (("fees_mils", "A"), -1e12),
        (("strategies", "VWAP", "clip"), [1, 1]), (("parent", "at"), "09:30:00"), (("parent", "end"), "16:00:00"),
    ],
)  # fmt: skip
def test_that_a_figure_on_its_bound_is_accepted(path: tuple[str, ...], value: object) -> None:
    found: Any = world_of(table(*path, value=value), "mine.toml")
    for key in path:
        found = found[key] if isinstance(found, dict) else getattr(found, key)
    assert (list(found) if isinstance(value, list) else found) == value


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("parent", "at"), "parent.at"), (("parent", "end"), "parent.end"), (("agent", "since"), "agent.since"),
        (("news", "0", "at"), "news.0.at"), (("open",), "open"), (("close",), "close"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "clock", ["", "noon", "24:00:00", "09:60:00", "10:00:00Z", "10:00:00+01:00", "2026-11-20T10:00:00"]
)
def test_that_a_clock_time_that_is_none_is_named(path: tuple[str, ...], key: str, clock: str) -> None:
    said = refused(table(*path, value=clock))
    # a wrong open or close is no time either for what comes first
    assert f": {key} = {clock!r}" in said or path[0] in {"open", "close"}
    assert "allowed: HH:MM:SS" in said


def test_that_a_halt_and_a_pin_are_inside_the_day() -> None:
    halts = [{"at": "10:00:00", "minutes": 5.0}, {"at": "16:00:01", "minutes": 5.0}]
    assert "halts.1.at = '16:00:01'" in refused(table("halts", value=halts))
    pins = [["09:30:00", 0.0], ["09:29:59", 0.0]]
    assert "noise.pins.1 = '09:29:59'" in refused(table("noise", "pins", value=pins))


@pytest.mark.parametrize(("minutes", "accepted"), [(29.99, True), (30.0, False), (30.001, False), (1e12, False)])
def test_that_a_halt_ends_before_the_close(minutes: float, accepted: bool) -> None:
    changed = table("halts", value=[{"at": "15:30:00", "minutes": minutes}])
    if accepted:
        assert world_of(changed, "mine.toml").halts[0].minutes == minutes
    else:
        assert refused(changed) == (
            f"mine.toml: halts.0.minutes = {minutes!r} is not allowed; allowed: less than 30, to the close"
        )


@pytest.mark.parametrize(
    ("at", "other"), [("10:00:00", 0), ("10:05:00", 0), ("09:58:00", 0), ("14:00:00", 1), ("13:59:00", 1)]
)
def test_that_halts_lie_apart(at: str, other: int) -> None:
    halts = [{"at": clock, "minutes": 5.0} for clock in ("10:00:00", "14:00:00", at)]
    said = refused(table("halts", value=halts))
    assert said == f"mine.toml: halts.2.at = {at!r} is not allowed; allowed: a halt apart from halts.{other}"
    halts[2]["at"] = "12:00:00"
    assert len(world_of(table("halts", value=halts), "mine.toml").halts) == 3


@pytest.mark.parametrize("end", ["11:59:59", "12:00:00"])
def test_that_an_order_ends_after_it_began(end: str) -> None:
    changed = table("parent", "at", value="12:00:00")
    changed["parent"]["end"] = end
    assert refused(changed) == (
        f"mine.toml: parent.end = {end!r} is not allowed; allowed: later than parent.at 12:00:00"
    )
    changed["parent"]["end"] = "12:00:01"
    assert world_of(changed, "mine.toml").parent.end == "12:00:01"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "America", "../UTC", "/UTC"])
def test_that_a_time_zone_that_is_none_is_called_by_its_key(zone: str) -> None:
    assert f"timezone = {zone!r} is not allowed" in refused(table("timezone", value=zone))


@pytest.mark.parametrize("day", ["", "2026-02-30", "20.11.2026", "2026-11-20T09:30"])
def test_that_a_date_that_is_none_is_called_by_its_key(day: str) -> None:
    assert f"date = {day!r} is not allowed; allowed: YYYY-MM-DD" in refused(table("date", value=day))


def test_that_every_missing_key_is_named() -> None:
    whole = tomllib.loads(TECH)
    for key in ("name", "title", "date", "listing", "noise", "volume", "books", "impact", "parent", "strategies"):
        assert f"`{key}`" in refused({k: v for k, v in whole.items() if k != key})


@pytest.mark.parametrize("part", ["listing", "noise", "volume", "books", "impact", "agent", "parent", "ems"])
def test_that_a_misspelt_key_is_not_ignored(part: str) -> None:
    said = refused(table(part, "colour", value="red"))
    assert "colour" in said
    assert f"mine.toml: {part} " in said


def test_that_an_answer_nobody_knows_is_refused_in_the_script() -> None:
    assert "ems.replace" in refused(table("ems", "replace", value=[{"answer": "perhaps"}]))
    assert "ems.cancel" in refused(table("ems", "cancel", value=[{"copies": "two"}]))


def test_that_a_strategy_nobody_has_is_refused_with_those_there_are() -> None:
    said = refused(table("parent", "strategy", value="vwap"))
    assert said == (
        "mine.toml: parent.strategy = 'vwap' is not allowed; allowed: one of PASSIVE, POV, SEEK, TWAP, VWAP"
    )


@given(low=st.integers(-3, 400), high=st.integers(-3, 400))
def test_that_clips_are_accepted_just_when_they_are_sizes_in_order(low: int, high: int) -> None:
    changed = table("strategies", "SEEK", "clip", value=[low, high])
    if 1 <= low <= high:
        assert world_of(changed, "mine.toml").strategies["SEEK"].clip == (low, high)
    else:
        assert "strategies" in refused(changed)


@given(at=st.integers(0, 24 * 3_600 - 1))
def test_that_every_second_of_the_day_and_no_other_is_a_time_of_it(at: int) -> None:
    clock = f"{at // 3_600:02}:{at // 60 % 60:02}:{at % 60:02}"
    changed = table("news", value=[{"at": clock, "volume": 2.0, "volatility": 2.0}])
    if 9 * 3_600 + 1_800 <= at <= 16 * 3_600:
        world = world_of(changed, "mine.toml")
        assert world.ns(clock) - world.ns("09:30:00") == (at - 34_200) * 10**9
    else:
        assert f"news.0.at = {clock!r}" in refused(changed)


def written(folder: Path, **texts: str) -> Path:
    """Files of worlds by name; their folder."""
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def test_that_worlds_that_start_from_each_other_are_refused(tmp_path: Path) -> None:
    written(tmp_path, one='extends = "two"\n', two='extends = "three"\n', three='extends = "two"\n')
    (tmp_path / "four.toml").write_text(f'extends = "../{tmp_path.name}/four"\n', "utf-8")
    for name, start in (("one", "two"), ("two", "two"), ("four", f"../{tmp_path.name}/four")):
        with pytest.raises(SettingsError, match="a world that does not start from this one") as caught:
            load_world(tmp_path / f"{name}.toml")
        assert f"extends = {start!r}" in str(caught.value)


def test_that_two_ways_to_one_world_are_no_circle(tmp_path: Path) -> None:
    written(
        tmp_path, base=TECH, middle='extends = "base"\n[parent]\nqty = 5\n', top='extends = "middle"\nname = "top"\n'
    )
    world = load_world(tmp_path / "top.toml")
    assert (world.name, world.parent.qty, world.parent.id) == ("top", 5, "TECH-1")


@pytest.mark.parametrize("start", ['"none"', "3", '""'])
def test_that_a_world_to_start_from_that_is_not_there_is_named(tmp_path: Path, start: str) -> None:
    written(tmp_path, one=f"extends = {start}\n")
    with pytest.raises(SettingsError, match="the world cannot be read"):
        load_world(tmp_path / "one.toml")


def test_that_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_bytes(b'name = "\xff\xfe"\n')
    with pytest.raises(SettingsError, match="the world cannot be read"):
        load_world(tmp_path / "one.toml")


def test_that_a_list_and_a_table_are_replaced_or_merged_as_what_they_are(tmp_path: Path) -> None:
    written(tmp_path, base=TECH, mine='extends = "base"\nnews = []\n[strategies.VWAP]\nclip = [7, 8]\n')
    base, mine = (load_world(tmp_path / f"{name}.toml") for name in ("base", "mine"))
    assert mine.news == ()
    assert mine.strategies["VWAP"].clip == (7, 8)
    assert mine.strategies["VWAP"].displayed == base.strategies["VWAP"].displayed
    assert {**mine.strategies, "VWAP": None} == {**base.strategies, "VWAP": None}


@pytest.mark.parametrize(
    ("name", "value", "most"),
    [("MaxPct", value, "100") for value in ("", "x", "nan", "inf", "-1", "100.001")]
    + [("TargetPct", value, "100") for value in ("x", "nan", "-0.1", "1e400")]
    + [(name, value, "1000000000") for name in ("MinClip", "MaxClip", "CrossSize")
       for value in ("", "1.5", "-1", "nan", "1000000001", "9" * 30)],
)  # fmt: skip
def test_that_a_parameter_that_is_none_is_refused_with_its_value(name: str, value: str, most: str) -> None:
    with pytest.raises(ValueError, match="is not allowed") as caught:
        strategy_of(world_text(TECH, "tech"), "SEEK", {name: value})
    assert str(caught.value) == f"{name} = {value!r} is not allowed; allowed: 0 to {most}"


@given(low=st.integers(0, 10**9), high=st.integers(0, 10**9))
def test_that_clips_of_any_parameters_are_sizes_in_order(low: int, high: int) -> None:
    found = strategy_of(WORLD, "SEEK", {"MinClip": str(low), "MaxClip": str(high)}).clip
    assert 1 <= found[0] <= found[1]
    if 1 <= low <= high:
        assert found == (low, high)


def test_that_a_world_whose_own_parameters_cannot_be_is_not_opened(tmp_path: Path) -> None:
    written(tmp_path, base=TECH, mine='extends = "base"\n[parent.params]\nMaxPct = "lots"\n')
    with pytest.raises(SettingsError, match=r"^mine\.toml: parent\.params: MaxPct = 'lots' is not allowed"):
        open_world(tmp_path / "mine.toml")


WORLD: World = world_text(TECH, "tech")
