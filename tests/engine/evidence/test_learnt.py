"""What a model has learnt of the firm's own history: what it stands for, and how a wrong part is refused."""

from typing import Any

import numpy as np
import pytest

from app.engine.errors import SettingsError
from app.engine.evidence.learnt import OWN_PART, SWITCH, Learnt, named
from app.engine.evidence.model import load_model
from app.engine.evidence.rows import CELLS, LENGTHS, POOLS, SCORES, WORLDS
from tests.engine.evidence.made import model

EVEN = np.full(WORLDS, 1 / WORLDS)
FIRST = np.eye(WORLDS)[0]


def usual(cells: tuple[int, ...] = (3, 700), mean: float = 2.0, **parts: Any) -> dict[str, Any]:
    n = len(cells)
    return named(
        "VWAP",
        {
            "cells": np.array(cells, np.float64),
            "means": np.full((n, len(LENGTHS), SCORES), mean), "sizes": np.full((n, len(LENGTHS)), 500.0),
            "pools": np.full((POOLS, len(LENGTHS), SCORES), mean), "pool_sizes": np.full((POOLS, len(LENGTHS)), 900.0),
        } | parts,
    )  # fmt: skip


def learnt(**arrays: Any) -> Learnt:
    return Learnt("made", {name.replace("_at_", ":"): value for name, value in arrays.items()}, EVEN)


def test_that_a_model_without_history_has_learnt_nothing() -> None:
    none = model().learnt
    assert (none.usual, none.weights, none.sees, none.switch, none.arrays) == ({}, {}, None, None, {})
    assert none.weights_of(("VWAP", "*")) == ("", None)
    assert none.usual_of(("VWAP", "*")) == ("", None)


def test_that_a_group_is_tested_with_part_of_its_own_weights() -> None:
    found = learnt(weights_at_VWAP=FIRST)
    name, weights = found.weights_of(("VWAP|XNAS", "VWAP", "*"))
    assert name == "VWAP"
    assert weights is not None
    assert weights[0] == pytest.approx(OWN_PART + (1 - OWN_PART) / WORLDS)
    assert weights.sum() == pytest.approx(1.0)


def test_that_the_usual_scores_are_found_by_cell() -> None:
    name, found = Learnt("made", usual(), EVEN).usual_of(("POV", "VWAP"))
    assert name == "VWAP"
    assert found is not None
    assert (found.row[3], found.row[700], found.row[4]) == (0, 1, -1)
    assert (found.row >= 0).sum() == 2
    assert not Learnt("made", usual(()), EVEN).usual["VWAP"].means.size


def test_that_what_was_learnt_is_part_of_the_file_and_of_its_hash() -> None:
    curve = {"sees_children": np.array([15.0, 100.0]), "sees": np.full((4, 2), 3.0)}
    plain = model()
    made = plain.changed(learnt={**usual(), "weights:VWAP": FIRST, "switch": np.arange(float(SWITCH)), **curve})
    again = load_model(made.save())
    assert again.hash == made.hash != plain.hash
    assert again.learnt.weights["VWAP"].tolist() == made.learnt.weights["VWAP"].tolist()
    assert again.learnt.switch is not None
    assert again.learnt.switch.tolist() == list(range(SWITCH))
    assert again.learnt.sees is not None
    assert again.learnt.sees.bps.shape == (4, 2)
    assert made.changed("other").learnt.arrays.keys() == made.learnt.arrays.keys()
    assert made.changed(learnt={}).hash == plain.hash
    with pytest.raises(ValueError, match="read-only"):
        again.learnt.arrays["switch"][0] = 1.0


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"weights:": EVEN}, "made: weights: = 'weights:' is not allowed; allowed: weights:GROUP, usual:GROUP"),
        ({"usual:VWAP": EVEN}, "usual:VWAP = 'usual:VWAP' is not allowed; allowed: weights:GROUP"),
        ({"sight": EVEN}, "sight = 'sight' is not allowed; allowed: weights:GROUP"),
        ({"weights:A": EVEN[:3]}, "weights:A = \\(3,\\) is not allowed; allowed: shape \\(120,\\)"),
        ({"weights:A": EVEN / 2}, "weights:A = 0.5 is not allowed; allowed: weights of at least 0 with a total of 1"),
        ({"weights:A": 3 * FIRST - 2 * np.eye(WORLDS)[1]}, "weights of at least 0"),
        ({"weights:A": EVEN * np.nan}, "weights:A = 'not a number' is not allowed; allowed: finite"),
        ({"switch": np.zeros(5)}, "switch = \\(5,\\) is not allowed; allowed: shape \\(7,\\)"),
        ({"usual:A:cells": np.zeros(1)}, "usual:A = \\['cells'\\] is not allowed; allowed: cells, means"),
        (usual((5, 5)), "usual:VWAP:cells = \\[5.0, 5.0\\] is not allowed; allowed: rising, below 1080"),
        (usual((5, CELLS)), "rising, below 1080"),
        (usual(cells=(5,)) | {"usual:VWAP:cells": np.array([5.5])}, "usual:VWAP:cells = \\[5.5\\]"),
        (usual(mean=-1.0), "usual:VWAP:means = -1.0 is not allowed; allowed: at least 0"),
        (usual(pools=np.zeros(3)), "usual:VWAP:pools = \\(3,\\) is not allowed; allowed: shape \\(12, 5, 24\\)"),
        ({"sees": np.ones((4, 2))}, "sees_children = None is not allowed; allowed: an array: sees_children and sees"),
        ({"sees_children": np.ones(2)}, "sees = None is not allowed"),
        ({"sees": np.ones((4, 2)), "sees_children": np.array([9.0, 8.0])}, "sees_children = \\[9.0, 8.0\\]"),
        ({"sees": np.ones((4, 1)), "sees_children": np.array([9.0, 18.0])}, "sees = \\(4, 1\\)"),
        ({"sees": np.zeros((4, 2)), "sees_children": np.array([9.0, 18.0])}, "sees = 0.0 is not allowed; allowed: bps"),
    ],
)  # fmt: skip
def test_that_a_wrong_part_is_refused_by_field_value_and_what_is_allowed(arrays: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Learnt("made", arrays, EVEN)
