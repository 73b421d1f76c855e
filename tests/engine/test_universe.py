"""Names are numbered as they come and ordered as they are spelled."""

from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import Instrument
from app.engine.universe import Names, Universe


@given(st.lists(st.text(max_size=3), max_size=20))
def test_that_a_name_keeps_the_number_it_was_first_given(told: list[str]) -> None:
    names = Names()
    numbers = [names.index(name) for name in told]
    assert [names[number] for number in numbers] == told
    assert numbers == [names.index(name) for name in told]
    assert len(names) == len(set(told)) == len(names.names)
    assert sorted(set(numbers)) == list(range(len(names)))


@given(st.lists(st.text(max_size=3), unique=True, max_size=20))
def test_that_ranks_follow_the_spelling_and_not_the_arrival(told: list[str]) -> None:
    names = Names()
    for name in told:
        names.index(name)
    ranked = dict(zip(names.names, names.ranks(), strict=True))
    assert sorted(told, key=ranked.__getitem__) == sorted(told)
    assert sorted(ranked.values()) == list(range(len(told)))
    other = Names()
    for name in reversed(told):
        other.index(name)
    assert dict(zip(other.names, other.ranks(), strict=True)) == ranked


def test_that_asking_for_a_name_does_not_number_it() -> None:
    names = Names()
    assert not names.known("A")
    names.index("A")
    assert names.known("A")
    assert not names.known("B")
    assert len(names) == 1


def test_that_two_tables_share_nothing() -> None:
    one, other = Universe(), Universe()
    one.instruments.index("A")
    one.fx["EURUSD"] = [(1, 1.1)]
    assert (len(other.instruments), len(one.venues), len(one.sources), other.fx) == (0, 0, 0, {})


def test_that_a_described_instrument_is_numbered_and_known() -> None:
    universe = Universe()
    universe.instruments.index("B")
    described = Instrument(instrument="A", currency="EUR")
    universe.describe(described)
    assert universe.instruments.names == ["B", "A"]
    assert universe.of("A") is described
    universe.describe(Instrument(instrument="A", currency="USD"))
    assert universe.of("A").currency == "USD"
    assert len(universe.instruments) == 2


def test_that_an_unknown_instrument_has_nothing_but_its_name() -> None:
    universe = Universe()
    assert universe.of("A") == Instrument(instrument="A")
    assert not universe.instruments.known("A")
    assert universe.reference == {}
