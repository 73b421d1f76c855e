"""Messages of a switch: every application tag of the last accepted order goes out again, and the diff shows each."""

import msgspec
import pytest

from app.engine.errors import EngineError
from app.engine.switch import message
from app.engine.switch.facts import Target
from app.engine.switch.profile import Pause
from tests.engine.switch.made import PASSIVE, T0, TAGS, Bench, profile

SHORT = ((54, "5"), (114, "N"), (5700, "LOC1"))


def bench(**changes: object) -> Bench:
    """A bench whose order carries more tags."""
    made = Bench()
    for name, value in changes.items():
        setattr(made.order, name, value)
    return made


def test_that_every_tag_but_strategy_and_parameters_survives() -> None:
    made = bench()
    tags = message.target_tags(made.order, PASSIVE, made.profile)
    kept = {tag: value for tag, value in TAGS if tag not in {847, 6404}}
    assert {tag: value for tag, value in tags if tag not in {847, 6406}} == kept
    assert dict(tags)[847] == "2"
    assert dict(tags)[6406] == "200"


def test_that_defaults_and_parameter_groups_are_written() -> None:
    made = bench(tags=(*TAGS, (957, "1"), (958, "Old"), (959, "14"), (960, "1")))
    target = Target(strategy="PASSIVE", params={"Urgency": "H"})
    tags = message.target_tags(made.order, target, made.profile)
    assert tags[-5:] == ((6406, "100"), (957, "1"), (958, "Urgency"), (959, "14"), (960, "H"))
    assert [tag for tag, _ in tags].count(958) == 1


def test_that_a_strategy_the_broker_does_not_have_is_our_own_fault() -> None:
    made = bench()
    with pytest.raises(EngineError, match="POV"):
        message.target_tags(made.order, Target(strategy="POV"), made.profile)


def test_that_a_pause_changes_one_tag() -> None:
    made = bench()
    on = message.paused_tags(made.order, made.profile, on=True)
    assert set(on) - set(TAGS) == {(6408, "Y")}
    made.order.tags = on
    assert set(message.paused_tags(made.order, made.profile, on=False)) - set(TAGS) == {(6408, "N")}
    with pytest.raises(EngineError, match="no pause"):
        message.paused_tags(made.order, msgspec.structs.replace(made.profile, pause=None), on=True)
    assert isinstance(made.profile.pause, Pause)


def test_that_a_switch_takes_a_pause_off_so_that_the_new_algo_works() -> None:
    made = bench()
    made.order.tags = message.paused_tags(made.order, made.profile, on=True)
    assert dict(message.target_tags(made.order, PASSIVE, made.profile))[6408] == "N"
    assert 6408 not in dict(message.target_tags(bench().order, PASSIVE, made.profile))
    nowhere = msgspec.structs.replace(made.profile, pause=None)
    assert dict(message.target_tags(made.order, PASSIVE, nowhere))[6408] == "Y"  # a tag like any other there


def test_that_a_quantity_keeps_its_place() -> None:
    assert message.with_qty(((1, "A"), (38, "5"), (40, "1")), 7) == ((1, "A"), (38, "7"), (40, "1"))
    assert message.with_qty(((1, "A"),), 7) == ((1, "A"), (38, "7"))


def test_that_each_message_names_the_order_as_its_type_wants() -> None:
    made = bench()
    replace = message.replace_fields(made.order, "N", TAGS, T0)
    assert replace[:3] == ((11, "N"), (41, "A1"), (37, "O1"))
    assert replace[3:-1] == TAGS
    assert replace[-1] == (60, "20260105-14:30:00.000000000")
    cancel = dict(message.cancel_fields(made.order, "N", "A1", T0))
    assert set(cancel) == {11, 41, 37, 1, 55, 54, 38, 60}
    assert message.new_fields("N", TAGS, T0)[0] == (11, "N")
    assert (41, "A1") not in message.new_fields("N", TAGS, T0)
    assert dict(message.status_fields(made.order, "A1", "O1")) == {11: "A1", 37: "O1", 55: "TECH", 54: "2"}
    assert 37 not in dict(message.status_fields(made.order, "N", ""))


def test_that_the_diff_shows_every_tag_of_both() -> None:
    before = ((1, "A"), (847, "1"), (958, "a"), (960, "1"), (958, "b"), (960, "2"))
    after = ((1, "A"), (847, "2"), (958, "a"), (960, "3"))
    found = message.difference(before, after)
    assert ("Account", "A", "A") in [(c.name, c.before, c.after) for c in found]
    assert (847, "TargetStrategy", "1", "2") in found
    assert [(c.before, c.after) for c in found if c.tag == 960] == [("1", "3"), ("2", None)]
    assert [(c.before, c.after) for c in found if c.tag == 958] == [("a", "a"), ("b", None)]
    assert message.difference((), ((9999, "x"),)) == [(9999, "", None, "x")]


def test_that_a_short_sale_keeps_its_mark_and_locate_or_is_refused() -> None:
    rules = profile()
    assert message.short_sale_fault(SHORT, SHORT, rules) == ""
    assert "locate (tag 5700)" in message.short_sale_fault(SHORT, SHORT[:2], rules)
    assert "locate (tag 114)" in message.short_sale_fault(SHORT, ((54, "5"), (114, "Y"), (5700, "LOC1")), rules)
    assert "from 5 to 2" in message.short_sale_fault(SHORT, ((54, "2"),), rules)
    assert "without a locate" in message.short_sale_fault(((54, "5"),), ((54, "5"),), rules)
    assert message.short_sale_fault(((54, "6"),), ((54, "6"),), rules) == ""
    assert message.short_sale_fault(TAGS, TAGS, rules) == ""


def test_that_a_mass_cancel_says_what_it_means() -> None:
    assert message.mass_cancel_fields("all", "Q1", T0)[:2] == ((11, "Q1"), (530, "7"))
    assert message.mass_cancel_fields("instrument:TECH", "Q1", T0)[1:3] == ((530, "1"), (55, "TECH"))
