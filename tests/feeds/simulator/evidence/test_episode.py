"""Episodes: seeded, paired over the same noise, mirrored; truths that add up; own rows and prints that fit."""

import itertools

import msgspec
import numpy as np
import pytest

from app.engine.errors import EngineError, SettingsError
from app.engine.units import BID, LAST, QUOTE, TRADE
from app.feeds.simulator.evidence import Episode, Truth, episode_of
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.episode import INDEX, instruments_of, is_watched
from app.feeds.simulator.evidence.played import play
from app.feeds.simulator.evidence.setting import Calibrated, Market
from tests.feeds.simulator.evidence.tiny import SEED, one_algo, tiny_world, with_agent, with_market

pytestmark = pytest.mark.slow  # compiles, plays whole episodes

WORLD = tiny_world()


@pytest.fixture(scope="module")
def watched() -> Episode:
    """The small episode with its agent."""
    return episode_of(WORLD, SEED)


@pytest.fixture(scope="module")
def calm() -> Episode:
    """The same without."""
    return episode_of(WORLD, SEED, agent=False)


def test_that_a_seed_gives_the_same_episode_again(watched: Episode) -> None:
    again = episode_of(WORLD, SEED)
    assert again.market.tobytes() == watched.market.tobytes()
    assert again.orders == watched.orders
    assert again.truths == watched.truths


def test_that_another_seed_gives_another(watched: Episode) -> None:
    assert episode_of(WORLD, SEED + 1).market.tobytes() != watched.market.tobytes()


def test_that_an_agent_that_never_notices_changes_nothing(calm: Episode) -> None:
    blind = episode_of(with_agent(WORLD, post=0.0, take=0.0), SEED)
    assert blind.market.tobytes() == calm.market.tobytes()
    assert blind.orders == calm.orders
    assert [truth.leak_bps for truth in blind.truths] == [0.0, 0.0]


def test_that_nothing_differs_before_the_agent_first_acts(watched: Episode, calm: Episode) -> None:
    first = min(row.ts_event for row in watched.orders if row.kind == "child_acked")
    for episode in (watched, calm):
        assert first > episode.market["ts_event"][0]
    before = [episode.market[episode.market["ts_event"] < first] for episode in (watched, calm)]
    assert before[0].tobytes() == before[1].tobytes()
    assert watched.market.tobytes() != calm.market.tobytes()


def test_that_an_episode_without_an_agent_has_no_leak(calm: Episode) -> None:
    for truth in calm.truths:
        assert not truth.leaking
        assert (truth.leak_bps, truth.flow_bps, truth.fade_bps, truth.path_bps) == (0.0, 0.0, 0.0, 0.0)
        assert truth.n_answered == 0
        assert truth.onset_child is None


def test_that_a_clean_world_has_no_leak_though_an_agent_is_asked_for() -> None:
    clean = episode_of(with_agent(WORLD, target_bps=0.0), SEED, rows=False)
    assert [truth.leak_bps for truth in clean.truths] == [0.0, 0.0]


def test_that_the_channels_of_a_leak_add_up(watched: Episode) -> None:
    for truth in watched.truths:
        assert truth.leaking
        assert truth.flow_bps + truth.fade_bps + truth.path_bps == pytest.approx(truth.leak_bps, abs=1e-12)
        assert truth.flow_bps > 0.0
        assert truth.fade_bps > 0.0


def test_that_a_leak_is_what_was_paid_more_than_without_it(watched: Episode, calm: Episode) -> None:
    for with_it, without in zip(watched.truths, calm.truths, strict=True):
        assert with_it.arrival == without.arrival
        assert with_it.slip_bps - without.slip_bps == pytest.approx(with_it.leak_bps, abs=1e-9)


@pytest.mark.parametrize(("changes", "zero"), [({"flow": 0.0}, "flow_bps"), ({"fade_ticks": 0.0}, "fade_bps")])
def test_that_an_agent_of_one_channel_leaks_through_that_alone(changes: dict[str, float], zero: str) -> None:
    for truth in episode_of(with_agent(WORLD, **changes), SEED, rows=False).truths:
        assert getattr(truth, zero) == 0.0
        assert truth.flow_bps + truth.fade_bps > 0.0


def test_that_an_agent_at_one_venue_answers_children_of_that_venue() -> None:
    world = with_agent(WORLD, venues=(0.0, 1.0), share=1.0)
    shared, pits = instruments_of(world, SEED)
    del shared
    for pit, placed in pits:
        children = play(pit, placed, agent=True, tell=False).pit.children
        answered = children[children[:, c.C_ANSWERED] == 1]
        assert len(answered)
        assert set(answered[:, c.C_VENUE]) == {1}


def test_that_an_agent_comes_and_goes_when_the_world_says() -> None:
    late = episode_of(with_agent(WORLD, since=0.5, share=1.0), SEED, rows=False).truths
    gone = episode_of(with_agent(WORLD, until=0.5, share=1.0), SEED, rows=False).truths
    for one, other in zip(late, gone, strict=True):
        assert one.onset_child is not None
        assert other.onset_child is not None
        assert one.onset_child > other.onset_child
        assert one.n_answered + other.n_answered <= one.n_children + 2


def test_that_parents_nobody_watches_are_not_leaking() -> None:
    none = episode_of(with_agent(WORLD, leaking=0.0), SEED, rows=False)
    assert [(truth.leaking, truth.leak_bps) for truth in none.truths] == [(False, 0.0)] * 2


def plain(truth: Truth) -> dict[str, object]:
    """What of a truth has no side."""
    kept = msgspec.to_builtins(truth)
    return {name: kept[name] for name in kept if name not in {"side", "arrival"} and not name.endswith("_bps")}


def test_that_the_mirror_image_costs_the_same_and_trades_the_other_side(watched: Episode) -> None:
    turned = episode_of(WORLD, SEED, mirror=True)
    for one, other in zip(watched.truths, turned.truths, strict=True):
        assert other.side == -one.side
        assert plain(other) == plain(one)
        # the same ticks over another arrival price
        for name in ("leak_bps", "slip_bps"):
            ratio = one.arrival / other.arrival
            assert getattr(other, name) == pytest.approx(getattr(one, name) * ratio, abs=1e-9)
    stocks = watched.market["instrument"] < len(watched.truths)
    there = turned.market["instrument"] < len(watched.truths)
    here, mirrored = watched.market[stocks], turned.market[there]
    assert np.array_equal(here["ts_event"], mirrored["ts_event"])
    assert np.array_equal(here["side"], -mirrored["side"])
    quotes = here["action"] == QUOTE
    assert np.array_equal(here["price"][quotes] + mirrored["price2"][quotes], np.full(quotes.sum(), 100 * 10**9))
    assert np.array_equal(here["size"][quotes], mirrored["size2"][quotes])


def test_that_market_rows_are_in_order_and_touches_never_cross(watched: Episode) -> None:
    rows = watched.market
    assert bool(np.all(np.diff(rows["ts_event"]) >= 0))
    quotes = rows[rows["action"] == QUOTE]
    assert bool(np.all(quotes["price"] < quotes["price2"]))
    assert bool(np.all(quotes["size"] > 0))
    assert bool(np.all(quotes["size2"] > 0))
    for source in range(3):
        seqs = rows["seq"][rows["source"] == source]
        assert np.array_equal(seqs, np.arange(1, len(seqs) + 1, dtype=np.uint64))


def test_that_a_trade_is_one_event_with_the_touch_it_leaves(watched: Episode) -> None:
    rows = watched.market[watched.market["source"] == 0]
    trades = np.flatnonzero(rows["action"] == TRADE)
    open_ = trades[rows["flags"][trades] == 0]
    assert len(open_) > 0.9 * len(trades)
    assert np.array_equal(rows["ts_event"][open_], rows["ts_event"][open_ + 1])
    assert bool(np.all(rows["flags"][rows["action"] == QUOTE] == LAST))


def test_that_the_index_is_an_ordinary_instrument(watched: Episode) -> None:
    universe = watched.universe
    rows = watched.market[watched.market["instrument"] == universe.instruments.index(INDEX)]
    assert len(rows) > 100
    assert bool(np.all(rows["action"] == QUOTE))
    for name, known in universe.reference.items():
        assert known.index == (None if name == INDEX else INDEX)


def test_that_every_fill_has_its_print_on_the_tape(watched: Episode) -> None:
    prints = watched.market[watched.market["action"] == TRADE]
    names, venues = watched.universe.instruments, watched.universe.venues
    seen = {(int(row["ts_event"]), names[row["instrument"]], venues[row["venue"]], int(row["price"]), int(row["size"]))
            for row in prints}  # fmt: skip
    fills = [row for row in watched.orders if row.kind == "fill"]
    assert len(fills) >= 30
    for fill in fills:
        assert (fill.ts_match, fill.instrument, fill.venue, fill.price, fill.qty) in seen


def test_that_parents_are_filled_whole_and_end(watched: Episode) -> None:
    for truth in watched.truths:
        own = [row for row in watched.orders if row.parent_id == truth.parent_id]
        assert sum(row.qty or 0 for row in own if row.kind == "fill") == truth.qty
        assert [row.kind for row in own[:2]] == ["algo_new", "parent_new"] or own[0].kind == "parent_new"
        assert own[-1].kind in {"parent_done", "algo_done"}
        assert sum(row.kind == "child_new" for row in own) == truth.n_children


def test_that_every_child_is_acknowledged_before_it_is_filled(watched: Episode) -> None:
    acked: dict[str | None, int] = {}
    for row in watched.orders:
        if row.kind in {"child_acked", "child_replaced"}:
            acked.setdefault(row.child_id, row.ts_event)
        elif row.kind == "fill":
            assert row.ts_match is not None
            assert acked[row.child_id] <= row.ts_match < row.ts_event


def test_that_a_resting_child_is_in_the_displayed_size() -> None:
    """The touch at an acknowledgement holds the child on top of what others show."""
    world = with_agent(tiny_world(orders=one_algo("TWAP", clip=100_000, children=2)), target_bps=0.0)
    episode = episode_of(world, SEED)
    acks = [row for row in episode.orders if row.kind == "child_acked" and row.tif == "day"]
    assert acks
    for ack in acks:
        rows = episode.market[(episode.market["ts_event"] == ack.ts_event) & (episode.market["action"] == QUOTE)]
        column = "size" if ack.side == "BUY" else "size2"
        assert int(rows[column].max()) >= 100_000


def test_that_the_sides_of_parents_vary_over_instruments() -> None:
    many = episode_of(with_market(WORLD, instruments=12), SEED, rows=False)
    assert {truth.side for truth in many.truths} == {-1, BID}


def test_that_several_parents_share_an_instrument_and_are_told_apart() -> None:
    world = tiny_world(orders=one_algo("VWAP", per_instrument=3))
    episode = episode_of(world, SEED)
    assert len(episode.truths) == 6
    assert len({truth.parent_id for truth in episode.truths}) == 6
    for truth in episode.truths:
        fills = [row.qty or 0 for row in episode.orders if row.kind == "fill" and row.parent_id == truth.parent_id]
        assert sum(fills) == truth.qty


def test_that_parents_one_after_the_other_do_not_overlap() -> None:
    world = tiny_world(orders=one_algo("VWAP", per_instrument=3, together=False, minutes=5.0))
    for instrument in ("E00", "E01"):
        truths = [truth for truth in episode_of(world, SEED, rows=False).truths if truth.instrument == instrument]
        for one, after in itertools.pairwise(truths):
            assert one.end_ns <= after.start_ns


@pytest.mark.parametrize("algo", c.ALGOS)
def test_that_every_algo_fills_its_order(algo: str) -> None:
    episode = episode_of(with_agent(tiny_world(orders=one_algo(algo)), target_bps=0.0), SEED)
    for truth in episode.truths:
        assert truth.algo == algo
        assert truth.n_children >= truth.qty // 100
    kinds = {row.kind for row in episode.orders}
    assert {"child_new", "fill", "parent_done"} <= kinds


def test_that_a_signal_algo_crosses_when_imbalance_announces_the_move() -> None:
    """It is followed by moves its way with nobody there: timing skill."""
    world = with_agent(tiny_world(orders=one_algo("SIGNAL"), market=Market(instruments=16)), target_bps=0.0)
    shared, pits = instruments_of(world, SEED)
    del shared
    known = []
    for pit, placed in pits:
        played = play(pit, placed, agent=False, tell=True)
        quotes = played.tape[played.tape[:, c.R_ACTION] == c.QUOTED]
        takes = played.told[(played.told[:, c.O_KIND] == c.NEW) & (played.told[:, c.O_WAY] == c.TAKE)]
        mids = quotes[:, c.R_PRICE] + quotes[:, c.R_PRICE2]
        at = np.searchsorted(quotes[:, c.R_AT], takes[:, c.O_AT]) - 1
        later = np.searchsorted(quotes[:, c.R_AT], takes[:, c.O_AT] + 5 * 10**9) - 1
        known += list((mids[later] - mids[at]) / 2.0)
    assert len(known) > 100
    assert float(np.mean(known)) > 3.0 * float(np.std(known)) / len(known) ** 0.5


def test_that_a_switch_is_told_where_a_world_has_one() -> None:
    episode = episode_of(tiny_world(orders=one_algo("TWAP", switch_at=0.5)), SEED)
    switched = [row for row in episode.orders if row.kind == "algo_switched"]
    assert len(switched) == len(episode.truths)
    for row, truth in zip(sorted(switched, key=lambda row: row.parent_id or ""), episode.truths, strict=True):
        assert row.ts_event == pytest.approx(0.5 * (truth.start_ns + truth.end_ns), abs=10**9)


@pytest.mark.parametrize(
    ("visibility", "child", "venue"), [("V3", True, True), ("V2", False, True), ("V1", False, False)]
)
def test_that_a_fill_tells_what_its_visibility_allows(visibility: str, child: bool, venue: bool) -> None:
    fills = [row for row in episode_of(tiny_world(orders=one_algo("TWAP", visibility=visibility)), SEED).orders
             if row.kind == "fill"]  # fmt: skip
    assert {row.child_id is not None for row in fills} == {child}
    assert {row.venue is not None for row in fills} == {venue}


def test_that_an_agent_of_unknown_closeness_is_refused_with_the_command_that_finds_it() -> None:
    unknown = with_agent(tiny_world(calibrated=Calibrated()), share=None)
    with pytest.raises(SettingsError, match="scorecard evidence calibrate tiny"):
        is_watched(unknown)
    assert episode_of(unknown, SEED, agent=False, rows=False).truths


def test_that_a_lack_of_room_is_told_and_not_hidden() -> None:
    _, pits = instruments_of(WORLD, SEED)
    pit, placed = pits[0]
    with pytest.raises(EngineError, match="no room"):
        play(pit._replace(told=pit.told[:10], marks=pit.marks[:10]), placed, agent=False, tell=True)
