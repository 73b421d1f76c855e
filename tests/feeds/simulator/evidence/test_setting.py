"""Worlds for evidence: what ships, what is refused and how, which seeds belong to whom, what a hash depends on."""

from pathlib import Path

import msgspec
import pytest

from app.engine.errors import SettingsError
from app.feeds.simulator.evidence import insist_on_split, load_world, seeds_of, split_of_seed, world_hash, worlds
from app.feeds.simulator.evidence.setting import (
    SPLITS,
    Calibrated,
    News,
    file_of,
    market_hash,
    orders_hash,
    plain,
    watched_hash,
    world_of,
)
from tests.feeds.simulator.evidence.tiny import tiny_world, with_agent, with_market


@pytest.mark.parametrize("name", worlds())
def test_that_a_shipped_world_loads_under_its_own_name(name: str) -> None:
    assert load_world(name).name == name


def test_that_a_clean_world_has_nobody_who_watches() -> None:
    clean = [name for name in worlds() if name.endswith("_0")]
    assert len(clean) >= 10
    assert all(load_world(name).notices == 0.0 for name in clean)


def test_that_a_world_starts_from_another_and_keeps_what_it_does_not_say() -> None:
    base, high = load_world("base_4"), load_world("vol4_4")
    assert high.market.daily_bps == 2.0 * base.market.daily_bps
    assert high.orders == base.orders
    assert high.agent == base.agent


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('title = "x"\n', "name"),
        ('name = "x"\ntitle = "x"\n[market]\ninstruments = 0\n', "market.instruments"),
        ('name = "x"\ntitle = "x"\n[market]\nfoo = 1\n', "foo"),
        ('name = "x"\ntitle = "x"\n[orders.algos]\nICEBERG = 1.0\n', "ICEBERG"),
        ('name = "x"\ntitle = "x"\n[orders.algos]\nVWAP = 0.0\n', "orders.algos"),
        ('name = "x"\ntitle = "x"\n[market.spread]\none_tick = 0.9\ntwo_ticks = 0.2\n', "market.spread"),
        ('name = "x"\ntitle = "x"\n[agent]\nshare = 1.5\n', "agent.share"),
        ("name = ", "not TOML"),
    ],
)
def test_that_a_wrong_world_is_refused_with_its_key(tmp_path: Path, text: str, where: str) -> None:
    file = tmp_path / "odd.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=where) as refused:
        load_world(file)
    assert "odd.toml" in str(refused.value)


def test_that_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="base_4"):
        load_world("nowhere")


def test_that_a_name_is_a_file_of_the_shipped_ones_and_a_path_itself() -> None:
    assert file_of("base_4").name == "base_4.toml"
    assert file_of(Path("own") / "mine.toml") == Path("own") / "mine.toml"


def test_that_splits_never_share_a_seed() -> None:
    whole = [seeds_of(split, 0, 1_000_000) for split in SPLITS]
    for one in range(len(whole)):
        for other in range(one):
            assert whole[one].start >= whole[other].stop or whole[other].start >= whole[one].stop


@pytest.mark.parametrize("split", SPLITS)
def test_that_a_seed_tells_its_split(split: str) -> None:
    assert {split_of_seed(seed) for seed in seeds_of(split, 999_990, 10)} == {split}


def test_that_seeds_outside_a_split_are_refused() -> None:
    with pytest.raises(SettingsError, match="1,000,000"):
        seeds_of("fit", 999_999, 2)
    with pytest.raises(SettingsError, match="fit, test, final"):
        seeds_of("train", 0, 1)
    assert split_of_seed(7) is None
    assert split_of_seed(4_000_000) is None


def test_that_what_is_fitted_sees_seeds_of_its_own_split_alone() -> None:
    insist_on_split(seeds_of("fit", 0, 20), "fit")
    for other in ("test", "final"):
        with pytest.raises(SettingsError, match="fit split, 1,000,000 to 1,999,999"):
            insist_on_split(seeds_of(other, 0, 1), "fit")


def test_that_words_and_errors_do_not_change_the_hash_and_figures_do() -> None:
    world = tiny_world()
    worded = msgspec.structs.replace(world, title="other words")
    measured = msgspec.structs.replace(
        world, calibrated=msgspec.structs.replace(world.calibrated, leak_bps=4.0, leak_se=0.1, parents=600, code="x")
    )
    assert world_hash(worded) == world_hash(measured) == world_hash(world)
    assert world_hash(with_agent(world, delay_s=0.6)) != world_hash(world)
    assert world_hash(with_market(world, daily_bps=201.0)) != world_hash(world)


def test_that_noise_belongs_to_the_plain_market() -> None:
    world = tiny_world()
    noted = with_market(world, news=News(chance=1.0), session_sigma=0.1, instruments=50)
    assert market_hash(with_agent(world, delay_s=2.0)) == market_hash(world)
    assert market_hash(noted) == market_hash(world)
    assert market_hash(with_market(world, depth=2_000.0)) != market_hash(world)
    assert plain(noted).market.news.chance == 0.0
    assert plain(noted).market.session_sigma == 0.0


def test_that_children_to_a_slice_belong_to_the_orders() -> None:
    world = tiny_world()
    told = msgspec.structs.replace(world, orders=msgspec.structs.replace(world.orders, visibility="V2", switch_at=0.5))
    more = msgspec.structs.replace(world, orders=msgspec.structs.replace(world.orders, children=30))
    assert orders_hash(told) == orders_hash(world)
    assert orders_hash(more) != orders_hash(world)


def test_that_the_share_of_a_world_comes_before_the_calibrated_one() -> None:
    world = with_agent(tiny_world(), share=None)
    found = Calibrated(share=0.3, watched=watched_hash(world))
    assert tiny_world(calibrated=found).notices == 0.5
    assert msgspec.structs.replace(world, calibrated=found).notices == 0.3
    assert with_agent(tiny_world(calibrated=found), target_bps=0.0).notices == 0.0


def test_that_a_calibrated_share_does_not_go_over_to_another_agent_or_market() -> None:
    """A world that starts from a calibrated one inherits its table, and must not live on its leak."""
    world = with_agent(tiny_world(), share=None)
    found = msgspec.structs.replace(world, calibrated=Calibrated(share=0.3, watched=watched_hash(world)))
    assert with_agent(found, delay_s=2.0).notices == 0.0
    assert with_market(found, daily_bps=400.0).notices == 0.0
    assert with_market(found, instruments=9).notices == 0.3
    assert with_agent(found, leaking=0.1).notices == 0.3


@pytest.mark.parametrize("name", worlds())
def test_that_a_shipped_world_is_calibrated_to_what_it_names(name: str) -> None:
    world = load_world(name)
    found, target = world.calibrated, world.agent.target_bps
    assert found.market == market_hash(world)
    assert found.orders == orders_hash(world)
    if target > 0.0:
        assert world.notices > 0.0
        assert abs(found.leak_bps - target) <= max(0.05 * target, 2.0 * found.leak_se)


def test_that_a_table_is_refused_by_the_name_it_came_from() -> None:
    with pytest.raises(SettingsError, match=r"x\.toml"):
        world_of({"name": "x"}, "x.toml")
