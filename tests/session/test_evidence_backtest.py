"""Thresholds on past flow: what rises, what is left when, how often a day, how rightly where the truth is known."""

from itertools import pairwise
from pathlib import Path

import pytest

from app.engine.units import SECOND
from app.feeds.simulator.evidence import episode_of, seeds_of
from app.session import evidence_worlds
from app.session.evidence_backtest import (
    Fired,
    Seen,
    Thresholds,
    Tried,
    a_day,
    alarms_of,
    labelled,
    seen_of,
    tried,
)
from app.session.evidence_eval.record import engine_of
from app.session.evidence_eval.statistics import Part
from app.session.evidence_worlds import SimulateRequest, perform, simulate
from app.session.labels import judged, sessions_of
from tests.feeds.simulator.evidence.tiny import one_algo, tiny_world, with_agent
from tests.session.evidence_eval.parents import MODEL

LIMITS = Thresholds()


def looks(*values: tuple[float, float], step_s: int = 20, epoch: int = 0) -> list[Seen]:
    """Children every few seconds with E and projected bps."""
    return [Seen(epoch, n * step_s * SECOND, e, bps) for n, (e, bps) in enumerate(values, start=1)]


def colours(seen: list[Seen], limits: Thresholds = LIMITS) -> list[tuple[str, int]]:
    """What rose, with which child."""
    return [(fired.colour, fired.children) for fired in alarms_of("P", seen, limits)]


def test_that_an_alarm_needs_evidence_and_size() -> None:
    assert colours(looks((19.9, 9.0), (20.0, 1.9), (20.0, 2.0))) == [("AMBER", 3)]
    assert colours(looks((100.0, 4.0))) == [("RED", 1)]
    assert colours(looks((30.0, 3.0), (120.0, 5.0))) == [("AMBER", 1), ("RED", 2)]


def test_that_an_alarm_is_left_below_half_its_evidence_and_fires_again() -> None:
    assert colours(looks((30.0, 3.0), (15.0, 1.8), (30.0, 3.0))) == [("AMBER", 1)]
    assert colours(looks((30.0, 3.0), (9.0, 1.8), (30.0, 3.0))) == [("AMBER", 1), ("AMBER", 3)]
    assert colours(looks((30.0, 3.0), (30.0, 1.4), (30.0, 3.0))) == [("AMBER", 1), ("AMBER", 3)]


def test_that_an_alarm_is_not_left_before_its_time() -> None:
    assert colours(looks((30.0, 3.0), (1.0, 0.0), (30.0, 3.0), step_s=1)) == [("AMBER", 1)]
    quick = looks((30.0, 3.0), *[(1.0, 0.0)] * 3, (30.0, 3.0), step_s=1)
    assert colours(quick) == [("AMBER", 1), ("AMBER", 5)]


def test_that_a_new_epoch_starts_without_an_alarm() -> None:
    assert colours(looks((30.0, 3.0)) + looks((30.0, 3.0), epoch=1)) == [("AMBER", 1), ("AMBER", 2)]


def test_that_other_thresholds_fire_otherwise() -> None:
    seen = looks((12.0, 1.2), (30.0, 3.0))
    assert colours(seen, Thresholds(10.0, 1.0)) == [("AMBER", 1)]
    assert colours(seen, Thresholds(50.0, 2.0)) == []


def test_that_days_and_orders_are_counted() -> None:
    fired = [
        Fired(1, "A", "AMBER", 30.0, 3.0, 9),
        Fired(2, "A", "RED", 130.0, 5.0, 12),
        Fired(3, "B", "AMBER", 21.0, 2.0, 5),
    ]
    done = [
        Tried("one", "2026-11-20", ["A", "B", "C"], fired, {"A": True, "B": False, "C": True}),
        Tried("two", "2026-11-23", ["D"], [], {}),
    ]
    assert a_day(done, "AMBER") == 1.0
    assert a_day(done, "RED") == 0.5
    assert judged(labelled(done, "AMBER")) == (Part(1, 2), Part(1, 2))
    assert judged(labelled(done, "RED")) == (Part(1, 1), Part(1, 2))
    assert a_day([], "RED") == 0.0


@pytest.mark.slow
def test_that_simulated_episodes_are_tried_with_their_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_worlds, "run_errand", lambda errand, _processes: perform(errand))
    folder = simulate(SimulateRequest(world=tiny_world(), split="test", parents=4, out=tmp_path))
    sessions = sessions_of([folder], "a test")
    assert len(sessions) == 2
    low = [tried(session, MODEL, Thresholds(1.01, 0.01, 1e9, 1e9)) for session in sessions]
    assert [len(one.leaking) for one in low] == [2, 2]
    assert all(set(one.parents) == set(one.leaking) for one in low)
    precision, recall = judged(labelled(low, "AMBER"))
    assert precision.share == 1.0  # everybody leaks there
    assert recall.k >= 1
    never = [tried(session, MODEL, Thresholds(1e9, 99.0, 1e9, 99.0)) for session in sessions]
    assert [one.fired for one in never] == [[], []]


@pytest.mark.slow
def test_that_the_usual_thresholds_fire_where_the_light_does() -> None:
    watched = with_agent(tiny_world(orders=one_algo("TWAP", children=60, minutes=20.0)), share=1.0)
    episode = episode_of(watched, seeds_of("test", 0, 1)[0])
    engine = engine_of(episode, MODEL)
    assert engine.state.evidence is not None
    risen = 0
    for parent_id, trail in engine.state.evidence.trails().items():
        lights = ["", *(said.light if said.light in ("AMBER", "RED") else "" for said in trail.said)]
        rises = [now for before, now in pairwise(lights) if now and now != before and before != "RED"]
        assert [fired.colour for fired in alarms_of(parent_id, seen_of(engine, trail), Thresholds())] == rises
        risen += len(rises)
    assert risen
