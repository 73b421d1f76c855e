"""Children as the tables by cause see them: their cell in every dimension, and what was filled after them."""

from typing import Any

import numpy as np
import pytest

from app.engine.evidence import cost
from app.engine.evidence.groups import Group
from app.engine.evidence.lasting import Lasts
from app.engine.evidence.learnt import OWN_PART
from app.engine.evidence.model import Model
from app.engine.evidence.rows import WORLDS
from app.engine.evidence.trail import Trail
from app.engine.orders.facts import Chain, Fact
from app.engine.tables.hindsight import (
    DIMENSIONS,
    NOBODY,
    Acts,
    acts_of,
    causes,
    children_of,
    live_by_id,
    reference_of,
    weights_of,
)
from tests.engine.evidence.made import S, model, own_day, played
from tests.engine.evidence.test_follow import evidence_of
from tests.engine.evidence.test_learnt import usual
from tests.engine.orders.stories import row


def fact(**columns: Any) -> Fact:
    made = Fact(row(0, "child_new", **columns), 0)
    Chain().add(made)
    return made


def acts(*seconds: float) -> Acts:
    return Acts(np.array([int(s * S) for s in seconds], np.int64))


@pytest.mark.parametrize(
    ("before", "t", "words"),
    [
        ((), 5, "first"), ((5,), 5, "first"), ((0,), 1, "under 2 s"), ((0,), 5, "2 to 10 s"), ((0,), 29, "10 to 30 s"),
        ((0,), 59, "30 to 60 s"), ((0,), 61, "over 60 s"), ((0, 5), 10.4, "2 to 10 s, even"),
        ((0, 5), 10.6, "2 to 10 s"), ((0, 5), 14.9, "2 to 10 s"), ((0, 20), 40, "10 to 30 s, even"),
    ],
)  # fmt: skip
def test_that_cadence_is_the_gap_before_a_child(before: tuple[float, ...], t: float, words: str) -> None:
    assert acts(*before, *([t] if before else [])).cadence(int(t * S)) == words
    assert NOBODY.cadence(5) == "first"


@pytest.mark.parametrize(
    ("qty", "words"), [(5, "to 0.5 %"), (20, "0.5 to 2 %"), (50, "2 to 5 %"), (51, "over 5 %"), (None, "-")]
)
def test_that_size_is_a_part_of_the_order(qty: int | None, words: str) -> None:
    assert causes(fact(qty=qty), Group(), "first", 1000)["size"] == words
    assert causes(fact(qty=qty), Group(), "first", None)["size"] == "-"


def test_that_a_child_has_a_cell_in_every_dimension() -> None:
    one = fact(venue="XNAS", order_type="limit", tif="ioc", qty=10)
    found = causes(one, Group("VWAP", "BRK", "open"), "first", 1000)
    assert found == {
        "algo": "VWAP", "cadence": "first", "group": "VWAP|BRK|open", "order_type": "limit ioc", "size": "0.5 to 2 %",
        "tag": "open", "venue": "XNAS",
    }  # fmt: skip
    assert tuple(sorted(found)) == DIMENSIONS
    bare = Fact(row(0, "fill"), 0)
    unsaid = causes(bare, Group(), "first", 1000)
    assert {unsaid[name] for name in DIMENSIONS if name != "cadence"} == {"-", "-|-|-"}
    later = Fact(row(1, "fill"), 1)
    assert one.chain is not None
    one.chain.add(later)
    assert causes(later, Group(), "first", 1000)["venue"] == "XNAS"


def test_that_every_act_counts_scored_or_not() -> None:
    evidence = evidence_of(played(own_day()))
    found = acts_of(evidence)
    assert list(found) == ["P1"]
    assert len(found["P1"].times) == evidence.trails()["P1"].acts
    assert (np.diff(found["P1"].times) > 0).all()
    evidence.children[0].parent = None
    assert len(acts_of(evidence)["P1"].times) == evidence.trails()["P1"].acts - 1


def test_that_an_order_that_is_over_knows_what_was_filled_after_each_child() -> None:
    for over in (False, True):
        sheet = own_day()
        if over:
            sheet.done(58 * S)
        engine = played(sheet)
        evidence, trail = evidence_of(engine), evidence_of(engine).trails()["P1"]
        engine.tables()
        standings = [parent.standing for parent in engine.state.parents()]
        ((standing, found),) = live_by_id(standings, evidence.trails())  # type: ignore[arg-type]
        assert found is trail
        children = children_of(trail, 0, standing, evidence)
        records = evidence.records[trail.records[0]]
        assert children.records["t"].tolist() == records["t"].tolist()
        if not over:
            assert children.later.tolist() == records["own"].astype(float).tolist()
            continue
        fills = sorted((fill.fact.matched_at, fill.qty / 2000) for fill in standing.executions.fills)
        wanted = cost.shown_impacts(trail.g, records, fills)
        assert (records["gain"] > 0).all()
        assert children.later == pytest.approx(1.06 * wanted)


def test_that_jumps_cost_what_the_order_pays_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = played(own_day())
    evidence, trail = evidence_of(engine), evidence_of(engine).trails()["P1"]
    engine.tables()
    standings = [parent.standing for parent in engine.state.parents()]
    ((standing, _),) = live_by_id(standings, evidence.trails())  # type: ignore[arg-type]
    kept = evidence.records[trail.records[0]]
    monkeypatch.setattr(Trail, "lasts", lambda _self, number: Lasts(0.5 if number == 0 else 1.0, 0.6, 0.0, 0.1))
    children = children_of(trail, 0, standing, evidence)
    assert (children.records["tick"] == 0.5 * kept["tick"]).all()
    np.testing.assert_allclose(children.records["y"], 0.5 * kept["y"])
    assert (children.records["e"] == kept["e"]).all()
    assert (evidence.records[trail.records[0]]["tick"] == kept["tick"]).all()  # records stay what they were


def test_that_weights_and_reference_are_those_of_the_group_of_the_epoch() -> None:
    def trail(made: Model) -> Any:
        return evidence_of(played(own_day(algo="VWAP"), made=made)).trails()["P1"]

    plain = trail(model())
    assert weights_of(plain, 0).tolist() == model().tables.weights.tolist()
    assert reference_of(model(), plain.groups[0]) == "quiet"
    first = np.eye(WORLDS)[0]
    taught = trail(model().changed(learnt={"weights:VWAP": first, **usual()}))
    assert weights_of(taught, 0)[0] == pytest.approx(OWN_PART + (1 - OWN_PART) / WORLDS)
    assert weights_of(taught, 1).tolist() == model().tables.weights.tolist()
    assert reference_of(taught.model, taught.groups[0]) == "quiet and usual"
    assert reference_of(taught.model, taught.groups[1]) == "quiet"
