"""Facts and effects survive the journal: what is read back is what was written."""

import msgspec
import pytest

from app.engine.switch import facts
from app.engine.switch.facts import Fact
from tests.engine.switch.made import T0, TAGS

EVERY: list[Fact] = [
    facts.Report(exec_type="F", cum=3, last_qty=3, tags=TAGS, text="a"),
    facts.CancelRefused(cl_ord_id="A", reason="3"),
    facts.MassCancelAnswered(cl_ord_id="Q", accepted=False, text="x"),
    facts.Rejected(cl_ord_id="A", kind="G", text="x"),
    facts.NotSent(cl_ord_id="A"),
    facts.Ticked(),
    facts.Disconnected(),
    facts.LoggedOn(),
    facts.SwitchAsked(order_id="O", target=facts.Target(strategy="VWAP", params={"a": "1"})),
    facts.CancelAsked(order_id="O", kill=True),
    facts.ReenterAsked(order_id="O", target=facts.Target()),
    facts.StatusAsked(order_id="O"),
    facts.GuardJudged(order_id="O", passed=False, qty=4, words="no"),
    facts.KillAsked(scope="all"),
    facts.KillReleased(scope="all"),
]


@pytest.mark.parametrize("fact", EVERY, ids=lambda fact: type(fact).__name__)
def test_that_a_fact_is_read_back_as_it_was_written(fact: Fact) -> None:
    assert msgspec.json.decode(msgspec.json.encode(fact), type=Fact) == fact


def test_that_every_kind_of_fact_is_tried() -> None:
    assert {type(fact) for fact in EVERY} == set(Fact.__args__)
    assert T0 > 0


def test_that_a_fact_is_never_changed() -> None:
    with pytest.raises(AttributeError):
        EVERY[0].exec_type = "5"  # type: ignore[union-attr, misc]
