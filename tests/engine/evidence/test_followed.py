"""One symbol's facts as moments: in order whatever came first, own prints near the stream, all over again."""

import msgspec

from app.engine.evidence.followed import Followed, Seen
from app.engine.units import NULL
from tests.engine.evidence.made import S, own_day, played
from tests.engine.evidence.test_symbol import at

DAY = own_day(seconds=30)


def followed() -> Followed:
    engine = played(DAY)
    assert engine.state.evidence is not None
    (one,) = engine.state.evidence.followed.values()
    return one


def test_that_facts_become_moments_in_the_same_order_whatever_came_first() -> None:
    one = followed()
    wanted = [(moment.t, moment.kind, moment.key) for moment in one.moments]
    other = Followed(one.symbol, one.reader.joins)
    for entry in [*one.facts[1::2], *one.facts[::2]]:
        other.add(entry)
    assert [entry[:2] for entry in other.facts] == [entry[:2] for entry in one.facts]
    last = one.facts[-1][0]
    for t in (last // 2 + 1, last, last + 1):
        other.read_until(t)
    assert sorted(wanted) == wanted
    assert [(moment.t, moment.kind, moment.key) for moment in other.moments] == wanted


def test_that_own_prints_behind_the_stream_are_no_longer_looked_for() -> None:
    one = followed()
    assert len(one.reader.own) > 2
    assert one.near() == []
    one.symbol.stream["cursor"] = one.reader.own[1][0]
    assert one.near() == one.reader.own[1:]
    one.symbol.stream["cursor"] = one.reader.own[0][0] - S
    assert one.near() == one.reader.own
    assert Followed(one.symbol, one.reader.joins).near() == []


def test_that_how_far_a_symbol_has_come_is_known_with_and_without_facts() -> None:
    one = followed()
    empty = Followed(at(2 * S), one.reader.joins)
    assert empty.passed == NULL
    empty.passed = 7
    assert empty.passed == empty.symbol.states.symbols["passed"][0] == 7
    empty.add(one.facts[0])
    empty.passed = 9
    assert (empty.passed, empty.symbol.states.symbols["passed"][0]) == (9, 7)


def test_that_everything_can_be_read_again() -> None:
    one = followed()
    one.symbol.show(1, 5, 5)
    assert one.seen["P1"].trail is one.trails["P1"]
    one.forget()
    assert (one.moments, one.trails, one.seen, one.read, one.at, one.open) == ([], {}, {}, 0, 0, -1)
    assert one.symbol.shown == {}
    assert len(one.facts) > 10


def test_that_what_is_seen_of_a_parent_is_kept_by_its_name() -> None:
    one = followed()
    fact, loose = one.facts[0][2], one.facts[-1][2]
    one.forget()
    seen = one.seen_of(fact)
    assert isinstance(seen, Seen)
    assert (seen.parent_id, seen.visibility, seen.on_tape, seen.unseen, seen.trail) == ("P1", None, 0, 0, None)
    loose.row = msgspec.structs.replace(loose.row, visibility="V2")
    assert one.seen_of(loose) is seen
    assert seen.visibility == "V2"
    assert one.seen_of(fact) is seen
    assert seen.visibility == "V2"  # what is not said stays
    loose.parent = None
    assert one.seen_of(loose) is None


def test_that_a_moment_that_comes_late_finds_its_place() -> None:
    one = followed()
    moments, last = list(one.moments), one.moments[-1]
    one.forget()
    one.moments.append(last)  # somebody knew of it before the facts were read
    one.read_until(one.facts[-1][0] + 1)
    assert one.moments == [*moments, last]
