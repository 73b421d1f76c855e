"""Sessions whose truth is known: which they are, and how rightly something fired."""

from pathlib import Path

import pytest

from app.engine.errors import FeedError
from app.session.evidence_eval.statistics import Part
from app.session.labels import Labelled, judged, labels_of, rightly, sessions_of


def test_that_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"rules backtest: session = .*nowhere"):
        sessions_of([tmp_path / "nowhere"], "rules backtest")
    assert sessions_of([tmp_path], "rules backtest") == [tmp_path]


def test_that_a_session_without_a_truth_has_no_labels(tmp_path: Path) -> None:
    assert labels_of(tmp_path / "monday") == {}


def test_that_only_orders_of_known_truth_count() -> None:
    sessions = [
        Labelled(["A", "B", "C"], {"A", "B"}, {"A": True, "B": False, "C": True}),
        Labelled(["D"], {"D"}, {}),
    ]
    assert judged(sessions) == (Part(1, 2), Part(1, 2))
    assert rightly(sessions) == "; precision 0.500 +- 0.354 of 2, recall 0.500 +- 0.354 of 2"


def test_that_nothing_is_said_of_what_nobody_knows() -> None:
    assert rightly([Labelled(["D"], {"D"}, {})]) == ""
    assert rightly([Labelled(["A"], set(), {"A": True})]) == "; precision -, recall 0.000 +- 0.433 of 1"
