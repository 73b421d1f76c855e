"""The agent: how long it waits, what it leaves alone, and that its leak grows with what it sees."""

import numpy as np
import pytest

from app.feeds.simulator.evidence import EvidenceWorld, episode_of
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.episode import instruments_of
from app.feeds.simulator.evidence.played import Played, play
from tests.feeds.simulator.evidence.tiny import SEED, one_algo, tiny_world, with_agent, with_market

pytestmark = pytest.mark.slow  # compiles, plays whole episodes


def pairs(world: EvidenceWorld, seed: int = SEED) -> list[tuple[Played, Played]]:
    """Each instrument with and without the agent."""
    _, pits = instruments_of(world, seed)
    return [
        (play(pit, placed, agent=True, tell=True), play(pit, placed, agent=False, tell=True)) for pit, placed in pits
    ]


def first_difference(one: Played, other: Played) -> int:
    """When the two tapes first differ."""
    least = min(len(one.tape), len(other.tape))
    differs = np.any(one.tape[:least] != other.tape[:least], axis=1)
    at = int(np.argmax(differs))
    return int(min(one.tape[at, c.R_AT], other.tape[at, c.R_AT]))


@pytest.mark.parametrize("delay_s", [0.1, 1.0, 2.5])
def test_that_the_tape_first_differs_a_delay_after_the_first_child_noticed(delay_s: float) -> None:
    world = with_agent(tiny_world(orders=one_algo("TWAP")), share=1.0, delay_s=delay_s, delay_sd=0.0)
    for watched, calm in pairs(world):
        told = watched.told
        seen = (told[:, c.O_KIND] == c.ACKED) | (told[:, c.O_KIND] == c.REPLACED)
        first = int(told[seen][0, c.O_AT])
        assert first_difference(watched, calm) == first + int(delay_s * 1e9)


def test_that_delays_are_lognormal_around_their_median() -> None:
    """Of a child noticed alone: the time to the agent's own print, which is on nobody's account without it."""
    world = with_market(
        with_agent(tiny_world(orders=one_algo("TWAP", children=2)), share=1.0, delay_s=0.5, delay_sd=0.8),
        instruments=40,
    )
    waits = []
    for watched, calm in pairs(world):
        told = watched.told
        first = int(told[told[:, c.O_KIND] == c.ACKED][0, c.O_AT])
        waits.append((first_difference(watched, calm) - first) * 1e-9)
    logs = np.log(np.array(waits) / 0.5)
    assert float(np.median(waits)) == pytest.approx(0.5, rel=0.4)
    assert float(logs.std()) == pytest.approx(0.8, rel=0.35)


def test_that_passive_children_are_left_alone_by_one_who_sees_prints_only() -> None:
    world = with_agent(tiny_world(orders=one_algo("TWAP")), share=1.0, post=0.0)
    for watched, _ in pairs(world):
        children = watched.pit.children[: int(watched.pit.z[c.Z_CHILDREN])]
        answered = children[children[:, c.C_ANSWERED] == 1]
        assert len(answered)
        assert set(answered[:, c.C_WAY]) == {c.TAKE}


def test_that_who_sees_more_costs_more() -> None:
    world = with_market(tiny_world(), instruments=12)
    leaks = []
    for share in (0.1, 0.4, 0.9):
        truths = episode_of(with_agent(world, share=share), SEED, rows=False).truths
        leaks.append(float(np.mean([truth.leak_bps for truth in truths])))
    assert leaks[0] < leaks[1] < leaks[2]
    assert leaks[2] / leaks[0] == pytest.approx(9.0, rel=0.5)


def test_that_retreats_that_fade_cost_less_than_those_that_stay() -> None:
    world = with_market(with_agent(tiny_world(), flow=0.0, share=0.9), instruments=6)

    def fade(tau: float) -> float:
        truths = episode_of(with_agent(world, fade_tau_s=tau), SEED, rows=False).truths
        return float(np.mean([truth.fade_bps for truth in truths]))

    assert 0.0 < fade(10.0) < 0.5 * fade(0.0)


def test_that_own_size_is_a_quarter_of_the_queue_where_a_world_says_so() -> None:
    world = with_agent(tiny_world(orders=one_algo("PASSIVE", clip=330)), target_bps=0.0)
    shares = []
    for _, calm in pairs(with_market(world, instruments=8)):
        tape, told = calm.tape, calm.told
        quotes = tape[tape[:, c.R_ACTION] == c.QUOTED]
        side = int(calm.pit.parents[0, c.A_SIDE])
        column = c.R_SIZE if side > 0 else c.R_SIZE2
        for at, venue in told[told[:, c.O_KIND] == c.ACKED][:, [c.O_AT, c.O_VENUE]].tolist():
            shown = quotes[(quotes[:, c.R_AT] == at) & (quotes[:, c.R_VENUE] == venue)]
            shares += [330.0 / float(size) for size in shown[:, column]]
    assert len(shares) > 50
    assert float(np.median(shares)) == pytest.approx(0.25, abs=0.07)
