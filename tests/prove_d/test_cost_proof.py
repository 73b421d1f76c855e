"""What evidence keeps in memory of symbols, parents and children; its processor time is benched beside."""

import numpy as np
import pytest

from app.engine.evidence.rows import CHILD
from app.engine.evidence.states import BYTES
from app.feeds.simulator.evidence import episode_of, load_world, seeds_of
from app.session.evidence_eval.record import engine_of
from tests.prove_d.judged import SPLIT, proved_model

pytestmark = pytest.mark.prove


def test_that_a_symbol_a_parent_and_a_child_take_no_more_than_they_may() -> None:
    episode = episode_of(load_world("base_4"), seeds_of(SPLIT, 500_001, 1)[0])
    engine = engine_of(episode, proved_model())
    assert engine.state.evidence is not None
    for trail in engine.state.evidence.trails().values():
        shared = {id(trail.model.tables.weights)}
        arrays = [getattr(trail, name) for name in trail.__slots__]
        own = [one for one in arrays if isinstance(one, np.ndarray) and one.base is None and id(one) not in shared]
        assert sum(one.nbytes for one in own) <= 2_560
    assert CHILD.itemsize <= 256
    assert BYTES <= 16_384
