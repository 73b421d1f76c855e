"""Fake orders through the real engine, on a simulated stretch without us and on a recording."""

import math
from pathlib import Path

import numpy as np
import pytest

from app.engine.errors import SettingsError
from app.engine.evidence.rows import JOINTS, QUOTES, SHARES, WORLDS
from app.feeds.decode.rows import chunks
from app.feeds.session import write_session
from app.session.evidence_aa import passes
from app.session.evidence_aa.day import Day, day_world, recorded, simulated
from app.session.evidence_aa.passes import Wanted, aa_of, price_alone, with_own_placebos
from tests.feeds.simulator.evidence.tiny import SEED, one_algo, tiny_world
from tests.session.evidence_eval.parents import MODEL

pytestmark = pytest.mark.slow  # compiles, plays half an hour of a market

WANTED = Wanted(days=1, children=(20, 40))


@pytest.fixture(scope="module")
def day() -> Day:
    """Half an hour of two instruments."""
    return simulated(tiny_world(orders=one_algo("TWAP", minutes=30.0)), SEED)


def test_that_a_simulated_day_has_a_market_and_nothing_of_ours(day: Day) -> None:
    assert day.orders == []
    assert day.ours() == {}
    assert len(np.unique(day.market["instrument"])) == 3  # two and their index
    assert day_world().orders.minutes > 300


def test_that_fakes_are_counted_by_kind_and_children(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "simulated", lambda _world, _seed: day)
    told: list[tuple[int, int]] = []
    record = aa_of(WANTED, MODEL, lambda done, wanted: told.append((done, wanted)))
    assert told == [(1, 2), (2, 2)]
    assert {(rate.kind, rate.children) for rate in record.rates} == {("times", 20), ("times", 40)}
    for rate in record.rates:
        assert rate.parents >= 2
        assert rate.rate == rate.alarms / rate.parents
        assert rate.upper is not None
        assert rate.upper > rate.rate
    assert {mean.class_ for mean in record.mean_e} == {"passive", "triggered"}
    scored = sum(mean.children for mean in record.mean_e)
    asked = sum(rate.children * rate.parents for rate in record.rates)
    assert 0.8 * asked <= scored <= asked
    assert record.model_hash == MODEL.hash
    assert (record.source, record.date) == ("1 simulated days", "2026-11-20")


def test_that_prints_are_aggressive_children(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "PRINTS_EVERY", 1)
    monkeypatch.setattr(passes, "simulated", lambda _world, _seed: day)
    record = aa_of(Wanted(days=1, children=(20,)), MODEL, lambda _done, _all: None)
    assert {rate.kind for rate in record.rates} == {"prints"}
    assert {mean.class_ for mean in record.mean_e} == {"aggressive"}


def test_that_a_recording_is_held_against_its_own_first_half(day: Day, tmp_path: Path) -> None:
    write_session(tmp_path / "day", chunks(day.market), [], day.universe)
    read = recorded(tmp_path / "day")
    assert len(read.market) == len(day.market)
    model, middle = with_own_placebos(read, MODEL, 1)
    assert model.hash != MODEL.hash
    assert model.tables.pool_sizes.sum() > 100
    times = read.market["ts_event"]
    assert abs(2 * middle - int(times[0]) - int(times[-1])) <= 1
    wanted = Wanted(recording=tmp_path / "day", children=(20,), price=True, own_placebos=True, again=2)
    record = aa_of(wanted, MODEL, lambda _done, _all: None)
    assert record.channel == "price"
    assert "placebos of" in record.model_name
    assert sum(rate.parents for rate in record.rates) >= 4


def test_that_price_alone_bets_on_quotes_alone() -> None:
    weights = price_alone(MODEL).tables.weights.reshape(-1, len(SHARES)).sum(axis=1)
    assert math.fsum(weights.tolist()) == pytest.approx(1.0)
    assert weights[:QUOTES].max() == weights[JOINTS:].max() == 0.0
    assert weights[QUOTES:JOINTS].min() > 0
    flow = np.zeros(WORLDS)
    flow[0] = 1.0
    with pytest.raises(SettingsError, match="quotes"):
        price_alone(MODEL.changed("flow", weights=flow))
