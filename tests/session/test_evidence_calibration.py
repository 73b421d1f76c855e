"""Calibration: noise to the volatility, the share noticed to the leak, both as measured; kept in the file."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError, SettingsError
from app.feeds.simulator.evidence import EvidenceWorld, Truth, code_hash, load_world
from app.feeds.simulator.evidence.setting import Calibrated, market_hash, orders_hash, watched_hash
from app.session import evidence_calibration
from app.session.evidence_calibration import FIRST, Calibration, calibrated, mean_of, write_calibrated
from app.session.evidence_worlds import Done, Errand
from tests.feeds.simulator.evidence.tiny import tiny_world, with_agent

OPEN_WORLD = with_agent(tiny_world(calibrated=Calibrated()), share=None, target_bps=4.0)
STILL = (0.98, 1.0, 1.02)


class Market:
    """A made market: its variance grows with the square of the noise, its leak with the share."""

    def __init__(self, slope: float = 16.0, floor: float = 20_000.0) -> None:
        self.slope, self.floor = slope, floor
        self.errands: list[Errand] = []

    def __call__(self, errand: Errand, _processes: int) -> Iterator[Done]:
        """As run_errand."""
        self.errands.append(errand)
        for k, seed in enumerate(errand.seeds):
            world, wobble = errand.world, STILL[k % 3]
            if errand.look:
                variance = (self.floor + 28_000.0 * world.calibrated.noise**2) * wobble
                yield Done(seed=seed, variances=[variance] * 2, per_slice=[("VWAP", 1.0), ("TWAP", 1.25)])
            else:
                yield Done(seed=seed, truths=[truth(self.slope * world.notices * wobble)])


def truth(leak: float) -> Truth:
    """A truth with a leak."""
    return Truth(
        parent_id="p", instrument="E00", side=1, algo="VWAP", qty=100, arrival=100, leaking=True, leak_bps=leak,
        flow_bps=leak, fade_bps=0.0, path_bps=0.0, slip_bps=0.0, n_children=21, n_answered=3, onset_child=0,
        start_ns=0, end_ns=1,
    )  # fmt: skip


def found_in(market: Market, world: EvidenceWorld, monkeypatch: pytest.MonkeyPatch) -> tuple[EvidenceWorld, list[str]]:
    """The calibrated world, and what was said."""
    said: list[str] = []
    monkeypatch.setattr(evidence_calibration, "run_errand", market)
    return calibrated(world, Calibration(60, 1, said.append)), said


def test_that_noise_and_share_are_those_at_which_the_targets_are_met(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Market()
    world, said = found_in(market, OPEN_WORLD, monkeypatch)
    found = world.calibrated
    # 20,000 + 28,000 noise^2 = 200^2
    assert found.noise == pytest.approx((20_000 / 28_000) ** 0.5, abs=1e-3)
    assert found.daily_bps == pytest.approx(200.0, abs=0.5)
    assert found.share == pytest.approx(4.0 / 16.0, rel=0.02)
    assert found.leak_bps == pytest.approx(4.0, rel=0.02)
    assert 0.0 < found.leak_se < 0.1
    assert found.per_slice == {"VWAP": 1.0, "TWAP": 1.25}
    assert (found.parents, found.children) == (30, 21.0)
    assert (found.market, found.orders) == (market_hash(world), orders_hash(world))
    assert (found.watched, found.code) == (watched_hash(world), code_hash())
    assert world.notices == found.share
    assert any("volatility" in line for line in said)
    assert any("leak" in line for line in said)


def test_that_parents_of_one_episode_count_once_for_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight parents an episode that leak alike know no more than one."""

    def alike(errand: Errand, processes: int) -> Iterator[Done]:
        for done in Market()(errand, processes):
            yield msgspec.structs.replace(done, truths=done.truths * 8)

    one, _ = found_in(Market(), OPEN_WORLD, monkeypatch)
    monkeypatch.setattr(evidence_calibration, "run_errand", alike)
    eight = calibrated(OPEN_WORLD, Calibration(60, 1, lambda _: None))
    assert eight.calibrated.parents == 8 * one.calibrated.parents
    assert eight.calibrated.leak_se == one.calibrated.leak_se


def test_that_only_seeds_kept_for_calibrations_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Market()
    found_in(market, OPEN_WORLD, monkeypatch)
    seeds = [seed for errand in market.errands for seed in errand.seeds]
    assert min(seeds) == 1_000_000 + FIRST
    assert max(seeds) < 2_000_000


def test_that_a_market_known_already_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    known, _ = found_in(Market(), OPEN_WORLD, monkeypatch)
    market = Market()
    again, _ = found_in(market, with_agent(known, delay_s=2.0), monkeypatch)
    assert not any(errand.look for errand in market.errands)
    assert again.calibrated.noise == known.calibrated.noise
    assert again.notices > 0.0


def test_that_other_orders_in_a_known_market_keep_its_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    known, _ = found_in(Market(), OPEN_WORLD, monkeypatch)
    market = Market(floor=90_000.0)
    more = msgspec.structs.replace(known, orders=msgspec.structs.replace(known.orders, children=40))
    again, _ = found_in(market, more, monkeypatch)
    assert [errand.look for errand in market.errands].count(True) == 1
    assert again.calibrated.noise == known.calibrated.noise
    assert again.calibrated.orders == orders_hash(more)


def test_that_a_clean_world_is_not_searched_for_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Market()
    world, _ = found_in(market, with_agent(OPEN_WORLD, target_bps=0.0), monkeypatch)
    assert all(errand.look for errand in market.errands)
    assert world.calibrated.share is None


def test_that_a_share_the_world_gives_is_measured_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = found_in(Market(), with_agent(OPEN_WORLD, share=0.4), monkeypatch)
    assert world.notices == 0.4
    assert world.calibrated.leak_bps == pytest.approx(6.4, rel=0.02)


def test_that_a_leak_out_of_reach_is_refused_with_what_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"at most 2\.\d\d"):
        found_in(Market(slope=2.5), OPEN_WORLD, monkeypatch)


def test_that_a_mean_has_the_error_of_independent_values() -> None:
    mean = mean_of([1.0, 2.0, 3.0])
    assert mean.mean == 2.0
    assert mean.error == pytest.approx((1.0 / 3.0) ** 0.5)


def test_that_what_was_found_replaces_what_was_found_before(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('# Ours.\n\nname = "own"\ntitle = "own"\n\n[agent]\ntarget_bps = 4.0\n', "utf-8")
    write_calibrated(path, Calibrated(noise=0.7, share=0.2, per_slice={"VWAP": 1.2}, code="a"))
    write_calibrated(path, Calibrated(noise=0.8, share=0.3, per_slice={"VWAP": 1.3}, code="b"))
    text = path.read_text("utf-8")
    assert text.startswith("# Ours.\n")
    assert text.count("[calibrated]") == 1
    table = tomllib.loads(text)["calibrated"]
    assert (table["noise"], table["share"], table["per_slice"], table["code"]) == (0.8, 0.3, {"VWAP": 1.3}, "b")
    assert load_world(path).calibrated.noise == 0.8


def test_that_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="cannot be written"):
        write_calibrated(tmp_path / "nowhere.toml", Calibrated())
