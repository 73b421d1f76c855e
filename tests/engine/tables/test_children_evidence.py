"""The score of a child: what its first scored event did to its parent's E."""

from tests.engine.evidence.made import own_day, played


def test_that_a_child_has_the_score_of_its_first_scored_event() -> None:
    engine = played(own_day(seconds=30))
    children, lines = engine.tables()["children"], engine.tables()["evidence"]
    scores = dict(zip(children["child_id"], children["score"], strict=True))
    told = {name: e for name, e in zip(lines["child_id"], lines["e_child"], strict=True) if name is not None}
    assert {name: score for name, score in scores.items() if score is not None} == told
    assert len(told) >= 4
