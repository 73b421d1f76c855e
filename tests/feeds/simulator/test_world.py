"""Worlds: the shipped ones load, wrong ones name what is wrong."""

from pathlib import Path

import pytest

from app.engine.errors import SettingsError
from app.engine.switch.stamp import utc_text
from app.feeds.simulator.world import WORLDS, load_world, world_text, worlds

TECH = (WORLDS / "tech.toml").read_text("utf-8")


@pytest.mark.parametrize("name", worlds())
def test_that_every_shipped_world_loads_under_its_own_name(name: str) -> None:
    assert load_world(name).name == name


def test_that_the_worlds_of_the_story_are_shipped() -> None:
    assert set(worlds()) >= {"tech", "tech_buy", "tech_quiet", "tech_note", "tech_no_benefit", "tech_v2"}


def test_that_tech_is_the_order_of_the_story_and_says_that_it_is_constructed() -> None:
    world = load_world("tech")
    assert (world.parent.side, world.parent.qty, world.listing.adv) == ("SELL", 500_000, 2_000_000)
    assert world.listing.arrival == 50.25
    assert world.note == "constructed session; real orders of this size vary by +-60 bps, models expect 42-67"


def test_that_a_twin_changes_only_what_it_names() -> None:
    tech, twin = load_world("tech"), load_world("tech_buy")
    assert twin.mirrored
    assert not tech.mirrored
    assert (twin.noise, twin.volume, twin.agent, twin.strategies) == (
        tech.noise,
        tech.volume,
        tech.agent,
        tech.strategies,
    )


def test_that_a_quiet_twin_has_neither_note_nor_agent() -> None:
    twin = load_world("tech_quiet")
    assert twin.news == ()
    assert not twin.agent.on


def test_that_clock_times_are_those_of_the_exchange() -> None:
    world = load_world("tech")
    assert world.ns("16:00:00") - world.ns("09:30:00") == 23_400 * 10**9
    assert utc_text(world.ns("09:30:00")) == "20261120-14:30:00.000000000"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('side = "SELL"', 'side = "HOLD"', "parent.side"),
        ("qty = 500_000", "qty = 0", "parent.qty"),
        ('at = "09:30:01"', 'at = "08:00:00"', "parent.at"),
        ('strategy = "VWAP"', 'strategy = "MAGIC"', "parent.strategy"),
        ("refresh_s = 26.0", "refresh_s = -1.0", "books.refresh_s"),
        ('date = "2026-11-20"', 'date = "yesterday"', "date"),
        ("clip = [80, 260]", "clip = [80, 20]", "clip"),
        ('since = "11:02:30"', 'since = "25:00:00"', "agent.since"),
    ],
)
def test_that_a_wrong_value_is_refused_with_its_key(old: str, new: str, key: str) -> None:
    assert old in TECH
    with pytest.raises(SettingsError, match=key.replace(".", r"\.")):
        world_text(TECH.replace(old, new), "mine.toml")


def test_that_an_unknown_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="weather"):
        world_text(TECH + "\n[weather]\nrain = true\n", "mine.toml")


def test_that_text_that_is_no_toml_is_refused() -> None:
    with pytest.raises(SettingsError, match="not TOML"):
        world_text("= 3", "mine.toml")


def test_that_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_world(tmp_path / "none.toml")


def test_that_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("x =", "utf-8")
    with pytest.raises(SettingsError, match="not TOML"):
        load_world(tmp_path / "bad.toml")


def test_that_a_file_may_start_from_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(TECH, "utf-8")
    (tmp_path / "two.toml").write_text('extends = "one"\nname = "two"\n[parent]\nqty = 7\n', "utf-8")
    assert load_world(tmp_path / "two.toml").parent.qty == 7
    assert load_world(tmp_path / "two.toml").parent.id == "TECH-1"
