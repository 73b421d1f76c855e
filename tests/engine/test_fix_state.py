"""Values and copies of a FIX stream, seen through the rows of small lives and of a crowd."""

import pytest

from tests.feeds.fix.flows import TABLE, crowd
from tests.feeds.fix.test_fix_flow import assert_alike
from tests.feeds.fix.wire import T0, Body, Line, filled, order, report, utc


@pytest.mark.parametrize("seed", range(2000, 2008))
def test_that_copies_and_values_of_a_crowd_are_those_of_the_reference_decoder(seed: int) -> None:
    assert_alike(b"".join(crowd(seed, 120)), TABLE, [])


def test_that_a_copy_counts_once_whichever_way_it_comes() -> None:
    line = Line()
    body = filled("C1", "E2", (10, "10"), 10)
    log = [line.send("D", order("C1")), line.send("8", report("C1", "E1", "0", "0"), T0 + 1)]
    log += [line.send("8", body, T0 + 2)] * 2
    log.append(line.send("8", body, T0 + 3, [(97, "Y")]))
    line.next["BRK"] = 2
    log.append(line.send("8", body, T0 + 4, [(43, "Y")]))
    log.append(line.send("8", [*body, (58, "more")], T0 + 5, [(43, "Y")]))
    line.next["BRK"] = 2
    log.append(line.send("8", body, T0 + 60_000_000))
    found = assert_alike(b"".join(log), {}, [])
    assert [row.kind for row in found.rows] == ["child_new", "child_acked", "fill"]


@pytest.mark.parametrize(
    "more",
    [[(54, "7")], [(54, "12")], [(38, "x")],
     [(44, "1e3")], [(99, "x")], [(168, "no")], [(126, utc(T0))], [(849, "0.5")],
     [(65, "A")], [(60, "never")]],
)  # fmt: skip
def test_that_a_value_in_doubt_is_left_to_the_reference_decoder(more: Body) -> None:
    line = Line()
    own = {tag for tag, _ in more}
    line.send("D", [*(pair for pair in order("C1") if pair[0] not in own), *more])
    line.send("8", report("C1", "E1", "0", "0", more), T0 + 1)
    assert_alike(b"".join(message for _, message in line.log), {}, [])
