"""The numbers of a fit: weights that tell leaks from none, factors, sizes, kernels; and a small fit as a whole."""

import math
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from app.engine.errors import FeedError, SettingsError
from app.engine.evidence.cost import between
from app.engine.evidence.model import ANY, Floats
from app.engine.evidence.process import EPOCH, hold_back, temper
from app.engine.evidence.rows import (
    AGGRESSIVE,
    BLOCKS,
    BUCKETS,
    CELLS,
    EDGES,
    LAWS,
    LENGTHS,
    LONGEST,
    MATCHED,
    POOLS,
    SCORES,
    SHARES,
    VOLATILITIES,
    WORLDS,
)
from app.feeds.simulator.evidence import load_world
from app.session.evidence.errands import Errand, file_of, kept_model, perform, read_library, read_seen, write_seen
from app.session.evidence.factors import Ratios, factors, held_again, ratios_of, with_factors
from app.session.evidence.fitting import WORLDS as FITTED
from app.session.evidence.fitting import FitPlan, command_of, fit, kind_of, rounded
from app.session.evidence.gathered import PARENT, SCORED, Gathered, joined, read_gathered, write_gathered
from app.session.evidence.neutral import MEDIANS_S, delay_laws, matched_filters, neutral_model
from app.session.evidence.sampled import NOTHING, Seen, kernel_of, memories_of, standard_errors
from app.session.evidence.sizing import COVERS, Terms, costs_of, estimates, interval, seen_with
from app.session.evidence.weighing import (
    Onset,
    Telling,
    as_bet,
    auc,
    balanced,
    capital,
    honest,
    learnt,
    mixed,
    padded,
    paths,
    telling,
)
from tests.engine.evidence.spec import process

EVEN: Floats = np.full(WORLDS, 1.0 / WORLDS)


def found(seed: int, parents: int, lift: float = 1.0, score: int = 5) -> Gathered:
    """Parents of ten children; e of mean 1, of one score `lift`."""
    draw = np.random.default_rng(seed)
    rows, children = np.zeros(parents, PARENT), np.zeros(10 * parents, SCORED)
    rows["scored"], rows["first"], rows["leaking"] = 10, 10 * np.arange(parents), lift > 1.0
    rows["leak"] = 4.0 * (lift - 1.0)
    e = draw.gamma(4.0, 0.25, (10 * parents, SCORES))
    e[:, score] *= lift
    children["e"], children["share"] = e, np.tile(np.linspace(0.95, 0.05, 10), parents)
    children["later"], children["tick"] = 0.4, 2.0
    children["cell"], children["length"] = draw.integers(0, CELLS, 10 * parents), len(LENGTHS) - 1
    return Gathered(rows, children)


# -- the e-process of many parents -------------------------------------------------------------------------------------


def test_that_many_parents_at_once_have_the_e_of_each_from_the_definition() -> None:
    some = found(1, 3)
    some.children["cell"] = 0
    draw = np.random.default_rng(2)
    weights = draw.dirichlet(np.ones(WORLDS))
    e = paths(padded(some), Onset(), weights)
    for row in range(3):
        children = some.children["e"][10 * row : 10 * row + 10].astype(float).tolist()
        flat = [[0.0] * SCORES for _ in children]
        for n in (1, 4, 10):
            wanted = process(children[:n], flat[:n], weights.tolist(), Onset().first).e
            assert e[row, n - 1] == pytest.approx(wanted, rel=1e-6)


def test_that_children_are_bet_on_in_a_fit_as_in_the_engine() -> None:
    children, epochs = np.zeros(600, SCORED), np.zeros(1, EPOCH)
    draw = np.random.default_rng(6)
    children["e"] = draw.gamma(4.0, 0.3, (600, SCORES))
    children["e"][::7] = 1.0  # says nothing
    children["cell"] = draw.integers(0, CELLS, 600)
    said = as_bet(children)
    for n, child in enumerate(children):
        e = child["e"].astype(float)
        if child["cell"] // BUCKETS // VOLATILITIES == AGGRESSIVE:
            temper(epochs, 0, e)
        hold_back(e, n)
        assert said[n] == pytest.approx(e, rel=1e-6)


def test_that_the_ratios_of_worlds_add_up_to_the_last_e_of_the_path() -> None:
    some = found(3, 4, 2.0)
    block = padded(some)
    assert capital(block, Onset()) @ EVEN == pytest.approx(paths(block, Onset(), EVEN)[:, -1])


def test_that_parents_with_fewer_children_stand_still_after_their_last() -> None:
    some = found(4, 2)
    some.parents["scored"][1] = 4
    e = paths(padded(some), Onset(), EVEN)
    assert e[1, 3:] == pytest.approx(np.full(7, e[1, 3]))
    assert e[0, 9] != e[0, 3]


def test_that_em_finds_the_world_behind_the_parents() -> None:
    ratios = capital(padded(found(5, 60, 1.8)), Onset())
    weights = learnt(ratios, 0.5)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[5 * len(SHARES) : 6 * len(SHARES)].sum() > 0.8


def test_that_balanced_worlds_count_alike_however_many_parents_they_have() -> None:
    many, few = (capital(padded(found(n, size, 2.0, score)), Onset()) for n, size, score in ((6, 90, 2), (7, 15, 9)))
    weights = balanced([many, few], 0.5)
    of_score = weights.reshape(SCORES, len(SHARES)).sum(axis=1)
    assert of_score[2] == pytest.approx(0.5, abs=0.1)
    assert of_score[9] == pytest.approx(0.5, abs=0.1)


def test_that_weights_that_tell_leaks_from_none_leave_out_worlds_in_which_clean_parents_are_lucky() -> None:
    clean, leak = found(8, 80), found(9, 80, 1.8)
    for group in (clean, leak):  # a score that jumps now and then, leak or none
        group.children["e"][:, 7] = np.where(np.random.default_rng(10).random(800) < 0.04, 20.0, 0.2)
    none, planted = capital(padded(clean), Onset()), capital(padded(leak), Onset())
    weights = telling(Telling([planted], [1.0], none), rounds=150)
    of_score = weights.reshape(SCORES, len(SHARES)).sum(axis=1)
    assert weights.sum() == pytest.approx(1.0)
    assert int(np.argmax(of_score)) == 5
    assert of_score[7] < 0.02
    assert auc(planted @ weights, none @ weights)[0] > auc(planted @ EVEN, none @ EVEN)[0]


def test_that_worlds_in_which_clean_parents_are_lucky_explain_nothing() -> None:
    clean = np.ones((100, WORLDS))
    clean[:3, 7], clean[:2, 8] = 25.0, 25.0
    fair = honest(clean)
    assert np.flatnonzero(~fair).tolist() == [7]
    planted = np.ones((40, WORLDS))
    planted[:, 7], planted[:, 8] = 50.0, 30.0
    assert int(np.argmax(balanced([planted], 0.5))) == 7
    weights = balanced([planted], 0.5, fair)
    assert int(np.argmax(weights)) == 8
    assert weights[7] == 0.0


def test_that_a_mixture_keeps_a_little_of_every_world() -> None:
    one = np.zeros(WORLDS)
    one[0] = 1.0
    weights = mixed(one, one)
    assert weights.sum() == pytest.approx(1.0)
    assert weights.min() == pytest.approx(0.02 / WORLDS)


def test_that_an_auc_counts_ties_half_and_has_an_error() -> None:
    area, error = auc(np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0]))
    assert area == pytest.approx((1 + 2 + 2 - 0.5) / 6)
    assert 0.0 < error < 0.5
    assert auc(np.arange(10.0) + 100, np.arange(10.0)) == (1.0, 0.0)


# -- factors -----------------------------------------------------------------------------------------------------------


def ratios(mean: float, pools: list[int], direct: float = 0.0) -> Ratios:
    pool = np.array(pools, np.int64)
    return Ratios(np.full((len(pool), SCORES), mean), pool, np.full((len(pool), 2), direct))


def test_that_a_factor_is_what_own_clean_children_score_over_placebos() -> None:
    told = factors({"usual": ratios(0.6, [4] * 2_000, 0.3)})
    assert told.scores[4] == pytest.approx(np.full(SCORES, 0.6))
    assert told.scores[0] == pytest.approx(np.ones(SCORES))  # no child of that class: placebos as they are
    assert told.direct[5] == pytest.approx([0.3, 0.3])


def test_that_a_pool_with_few_children_takes_the_factor_of_its_class() -> None:
    usual = ratios(1.0, [0] * 3_000)
    usual.ratio[:10], usual.pool[:10] = 3.0, 1
    told = factors({"usual": usual})
    assert told.scores[1, 0] == pytest.approx((10 * 3.0 + 1_000 * usual.ratio[:, 0].mean()) / 1_010)


def test_that_the_kind_of_algo_with_the_largest_mean_sets_the_factor_where_it_has_enough_children() -> None:
    usual = ratios(1.0, [0] * 2_000)
    assert factors({"usual": usual, "chase": ratios(2.5, [1] * 1_200)}).scores[0, 3] == pytest.approx(2.5)
    assert factors({"usual": usual, "chase": ratios(2.5, [1] * 900)}).scores[0, 3] == pytest.approx(1.0)
    assert factors({"usual": usual, "calm": ratios(0.5, [1] * 1_200)}).scores[0, 3] == pytest.approx(1.0)


def test_that_children_held_against_other_means_are_what_the_engine_would_have_scored() -> None:
    some = found(11, 6)
    sizes = np.where(np.arange(CELLS) % 2, 800.0, 0.0)[:, None] * np.ones(len(LENGTHS))
    model = neutral_model().changed(sizes=sizes, pool_sizes=np.full((POOLS, len(LENGTHS)), 500.0))
    other = with_factors(model, factors({"usual": ratios_of(some, model)}))
    again = held_again(some, model, other)
    back = held_again(again, other, model)
    assert back.children["e"] == pytest.approx(some.children["e"], rel=1e-4)
    assert back.children["y"] == pytest.approx(some.children["y"], abs=1e-6)
    assert not np.allclose(again.children["e"], some.children["e"])


def test_that_factors_bring_the_mean_of_clean_children_to_one() -> None:
    some = found(12, 300)
    some.children["e"] *= 0.7
    model = neutral_model().changed(pool_sizes=np.full((POOLS, len(LENGTHS)), 500.0))
    told = factors({"usual": ratios_of(some, model)})
    again = held_again(some, model, with_factors(model, told))
    assert again.children["e"].mean() == pytest.approx(1.0, abs=0.01)


# -- sizes -------------------------------------------------------------------------------------------------------------


def test_that_the_estimate_of_many_parents_is_that_of_the_definition() -> None:
    some, weights = found(13, 2, 1.5), np.random.default_rng(14).dirichlet(np.ones(WORLDS))
    costs = costs_of(some, Terms(), 10)
    got = estimates(some, weights)
    for row in range(2):
        children = some.children["e"][10 * row : 10 * row + 10].astype(float).tolist()
        wanted = process(children, costs[row].tolist(), weights.tolist(), Onset().first)
        assert got[row] == pytest.approx(wanted.leak, rel=1e-5)


def test_that_what_an_answer_costs_is_of_its_kind() -> None:
    costs = costs_of(found(15, 1), Terms(jump_ticks=0.225, later_impact=1.5), 10)[0, 0]
    flow, small, large, group = 1.5 * 0.4, 0.125 * 2 * 0.95, 0.25 * 2 * 0.95, 0.225 * 2 * 0.95
    assert costs[:4] == pytest.approx([flow] * 4)
    assert costs[4:8] == pytest.approx([small] * 4)
    assert costs[8:12] == pytest.approx([large] * 4)
    assert costs[12:20] == pytest.approx([flow + group] * 8)
    assert costs[20:] == pytest.approx([small] * 4)


def test_that_an_interval_rises_and_covers_nine_in_ten_of_each_world() -> None:
    draw = np.random.default_rng(16)
    truth = {"none": np.zeros(800), "small": draw.normal(3, 1.5, 800), "large": draw.normal(8, 2, 800)}
    said = {name: np.maximum(0.7 * value + draw.normal(0, 1.2, 800), 0.0) for name, value in truth.items()}
    bounds = interval(said, truth)
    assert (np.diff(bounds.estimates) > 0).all()
    assert (np.diff(bounds.lower) >= 0).all()
    assert (np.diff(bounds.upper) >= 0).all()
    for name, value in said.items():
        low = np.interp(value, bounds.estimates, bounds.lower)
        high = np.interp(value, bounds.estimates, bounds.upper)
        assert ((low <= truth[name]) & (truth[name] <= high)).mean() > 0.8


@pytest.mark.parametrize("hidden", [7.0, -3.0])
def test_that_an_interval_covers_a_world_whose_parents_are_few_in_every_bin(hidden: float) -> None:
    draw = np.random.default_rng(21)
    truth = {"none": np.zeros(400), "large": draw.normal(8, 1, 400), "few": draw.normal(hidden, 0.5, 30)}
    said = {"none": draw.exponential(0.4, 400), "large": draw.normal(6, 1, 400), "few": draw.uniform(0.2, 7, 30)}
    bounds = interval(said, truth)
    for name, value in said.items():
        low = [min(between(x, bounds.estimates, bounds.lower), x) for x in value.tolist()]
        high = [max(between(x, bounds.estimates, bounds.upper), x) for x in value.tolist()]
        assert ((low <= truth[name]) & (truth[name] <= high)).mean() >= COVERS
    assert (np.diff(bounds.lower) >= 0).all()
    assert (np.diff(bounds.upper) >= 0).all()


def test_that_the_smallest_leak_seen_lies_where_power_reaches_four_fifths() -> None:
    assert seen_with({2.0: 0.2, 4.0: 0.8, 8.0: 0.99}) == pytest.approx(4.0)
    between = seen_with({2.0: 0.2, 4.0: 0.7, 8.0: 0.99})
    assert between is not None
    assert 4.0 < between < 8.0
    assert seen_with({2.0: 0.1, 4.0: 0.3}) is None
    assert seen_with({4.0: 0.9}) == 4.0


# -- kernels -----------------------------------------------------------------------------------------------------------


def test_that_a_kernel_finds_the_impact_and_the_memory_that_made_the_tape() -> None:
    draw, true = np.random.default_rng(17), np.array([0.3, 0.2, 0.1, 0.15])
    x = draw.normal(0, 1, (20_000, 4))
    changes = np.column_stack([x @ true + draw.normal(0, 1, 20_000), x])
    sides: list[int] = []
    for _ in range(8_000):
        held = memories_of([*sides[-200:], 1])[-1, 1:]
        sides.append(1 if draw.random() < 1 / (1 + math.exp(-1.2 * held[1])) else -1)
    seen = Seen(changes, memories_of(sides))
    kernel = kernel_of(seen)
    assert kernel is not None
    assert np.array(kernel.g) == pytest.approx(true, abs=0.04)
    assert kernel.signs[1] == pytest.approx(1.2, abs=0.5)
    assert sum(kernel.signs) == pytest.approx(1.2, abs=0.4)
    assert standard_errors(seen) == pytest.approx(np.full(4, 1 / math.sqrt(20_000)), rel=0.1)


def test_that_impact_that_would_help_the_trader_is_none_and_too_little_gives_no_kernel() -> None:
    draw = np.random.default_rng(18)
    x = draw.normal(0, 1, (5_000, 4))
    y = x @ np.array([0.5, -0.4, 0.2, 0.1]) + draw.normal(0, 0.1, 5_000)
    kernel = kernel_of(Seen(np.column_stack([y, x]), memories_of([1, -1] * 400)))
    assert kernel is not None
    assert kernel.g[1] == 0.0
    assert kernel.g[0] == pytest.approx(0.5, abs=0.02)
    assert kernel_of(NOTHING) is None


def test_that_memories_are_those_before_the_trade() -> None:
    rows = memories_of([1, 1, -1])
    assert rows[0].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert rows[1].tolist() == [1.0, 1 / 4, 1 / 16, 1 / 64]
    assert rows[2, 1] == pytest.approx(0.25 + 0.75 / 4)


def test_that_delay_laws_have_their_medians_and_all_their_mass_within_reach() -> None:
    laws = delay_laws()
    assert laws.shape == (LAWS, LONGEST)
    for law, median in zip(laws, MEDIANS_S, strict=True):
        assert law[: round(median / 0.05)].sum() == pytest.approx(0.5, abs=0.01)
        assert 0.9 < law.sum() <= 1.0


def test_that_matched_filters_see_a_lasting_move_of_their_law_and_none_that_was_there_at_once() -> None:
    laws = delay_laws()
    filters = matched_filters(laws)
    assert filters.shape == (LAWS, len(LENGTHS), MATCHED)
    assert (filters[:, :, BLOCKS : BLOCKS + 2] > 0).all()
    for place, steps in enumerate(LENGTHS):
        blocks = [(a, min(b, steps)) for a, b in pairwise(EDGES) if a < steps]
        for law in range(LAWS):
            weights = filters[law, place, : len(blocks)]
            move = [np.cumsum(laws[law, :steps])[a:b].mean() for a, b in blocks]
            assert weights @ move == pytest.approx(filters[law, place, BLOCKS + 2])
            assert abs(weights.sum()) < 0.01 * np.abs(weights).sum()
            assert not filters[law, place, len(blocks) : BLOCKS].any()


# -- files -------------------------------------------------------------------------------------------------------------


def test_that_scored_children_are_kept_as_they_are(tmp_path: Path) -> None:
    some = joined([found(19, 3), found(20, 2, 2.0)])
    write_gathered(tmp_path / "a.npz", some)
    back = read_gathered(tmp_path / "a.npz")
    assert back.parents.tobytes() == some.parents.tobytes()
    assert back.children.tobytes() == some.children.tobytes()
    assert some.parents["first"].tolist() == [0, 10, 20, 30, 40]
    chosen = some.of(some.parents["leaking"])
    assert chosen.children["e"].tolist() == some.children["e"][30:].tolist()


def test_that_a_file_of_something_else_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"something else")
    for read in (read_gathered, read_library, read_seen):
        with pytest.raises(FeedError, match=r"a\.npz: no file of"):
            read(tmp_path / "a.npz")
    write_seen(tmp_path / "b.npz", NOTHING)
    assert len(read_seen(tmp_path / "b.npz").changes) == 0


def test_that_only_seeds_of_the_fit_split_are_played(tmp_path: Path) -> None:
    errand = Errand(
        kind="score", world=load_world("base_0"), seeds=[2_000_000], agent=False,
        model=str(kept_model(neutral_model(), tmp_path)), folder=str(tmp_path),
    )  # fmt: skip
    with pytest.raises(SettingsError, match="seeds of the fit split"):
        list(perform(errand))
    assert "score-base_0-calm-2000000" in file_of(errand, 2_000_000).name


def test_that_a_fit_needs_worlds_with_a_leak_and_without(tmp_path: Path) -> None:
    for name in ("base_0", "base_4"):
        plan = FitPlan(name="m", worlds=(load_world(name),), folder=tmp_path)
        with pytest.raises(SettingsError, match=f"{name}.*some with a leak and some without"):
            fit(plan)


def test_that_a_kind_is_the_algos_that_work() -> None:
    assert kind_of(load_world("chase_0")) == "CHASE"
    assert kind_of(load_world("base_0")) == kind_of(load_world("news_0")) == "PASSIVE POV SEEK TWAP VWAP"


@pytest.mark.slow
def test_that_a_small_fit_gives_a_model_and_another_time_the_same(tmp_path: Path) -> None:
    worlds = tuple(
        msgspec.structs.replace(world, market=msgspec.structs.replace(world.market, instruments=2))
        for world in (load_world("base_0"), load_world("base_4"))
    )
    plan = FitPlan(name="small", worlds=worlds, folder=tmp_path, parents=2, placebos=1)
    lines: list[str] = []
    first = fit(plan, lines.append)
    again = fit(plan)
    assert first.model.hash == again.model.hash
    assert first.card["hash"] == first.model.hash
    assert first.card["commands"] == [command_of(plan)]
    assert first.card["worlds"]["base_4"]["leak_bps"] > 0.0
    assert first.model.kernels[ANY].g[1] > 0.1
    assert first.model.tables.pool_sizes.sum() > 1_000
    assert first.model.tables.weights.sum() == pytest.approx(1.0)
    assert rounded(first.model).hash != ""
    assert len([line for line in lines if line.startswith("score")]) == 2
    assert len(first.lines()) == 2


def test_that_a_card_says_the_command_that_makes_its_model_again(tmp_path: Path) -> None:
    usual = FitPlan(name="default-6", worlds=tuple(load_world(name) for name in FITTED), folder=tmp_path)
    assert command_of(usual) == (
        "scorecard evidence fit --out default-6.model --parents 48 --placebos 1 --samples 1 --first 0"
    )
    ours = msgspec.structs.replace(usual, worlds=usual.worlds[:1], history=(tmp_path / "days" / "2026-11-18",))
    assert command_of(ours).endswith(" --first 0 --world base_0 --history 2026-11-18")
