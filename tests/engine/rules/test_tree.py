"""A condition is plain data: it goes over a line and comes back the same."""

import msgspec

from app.engine.rules.columns import VOCABULARY
from app.engine.rules.reading import condition_of
from app.engine.rules.tree import Condition


def test_that_a_condition_comes_back_whole() -> None:
    text = 'not (level == "RED" or abs(cost_z) >= 3) and in_fdr_set and leak_bps is defined for 30 s'
    condition = condition_of(text, VOCABULARY, "rule r")
    assert msgspec.json.decode(msgspec.json.encode(condition), type=Condition) == condition
