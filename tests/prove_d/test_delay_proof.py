"""How soon after it began a leak is seen."""

import pytest

from tests.prove_d.judged import broken

pytestmark = pytest.mark.prove


def test_that_half_of_the_leaks_of_4_bps_are_seen_in_time() -> None:
    assert broken("delay", "median delay") == []
