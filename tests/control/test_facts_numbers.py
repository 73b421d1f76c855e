"""What a broker may write where a number belongs: read exactly, or absent; it never stops the process."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.control.facts import fact_of, parsed
from app.engine.switch.facts import Rejected, Report
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_wire import Header, built


def message(kind: str, *fields: tuple[int, str]) -> FixMessage:
    """A message of the broker."""
    found = parsed(built(Header("EMS", "SCORECARD", 3, 0), kind, fields))
    assert isinstance(found, FixMessage)
    return found


@pytest.mark.parametrize("seq", ["²", "٣", "१", "-1", "1.0", "", "1 ", "9999999999", "1" * 5_000])
@pytest.mark.parametrize("kind", ["3", "j"])
def test_that_a_reject_of_no_number_is_nobodys(kind: str, seq: str) -> None:
    asked: list[int] = []

    def sent(number: int) -> tuple[str, str] | None:
        asked.append(number)
        return "G", "N1"

    found = fact_of(message(kind, *(((45, seq),) if seq else ()), (58, "no")), sent)
    assert found == f"35={kind} on a message that is not ours: no"
    assert asked == []


@pytest.mark.parametrize("seq", ["0", "7", "007", "999999999"])
def test_that_a_reject_is_of_the_message_with_its_number(seq: str) -> None:
    known = {int(seq): ("G", "N1")}
    assert fact_of(message("3", (45, seq), (58, "no")), known.get) == Rejected(cl_ord_id="N1", kind="G", text="no")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12))
def test_that_no_text_in_place_of_a_quantity_stops_a_report(text: str) -> None:
    found = fact_of(message("8", (150, "0"), (38, text), (14, text), (151, text), (32, text)), lambda _: None)
    assert isinstance(found, Report)
    whole = {found.qty, found.cum, found.leaves, found.last_qty}
    assert len(whole) == 1
    (quantity,) = whole
    if quantity is not None:
        assert float(text) == quantity >= 0
    assert (38, text) in found.tags


@given(st.integers(0, 2**63 - 1), st.integers(0, 5))
def test_that_a_whole_quantity_is_read_exactly_however_many_zeros_follow(quantity: int, zeros: int) -> None:
    text = f"{quantity}.{'0' * zeros}" if zeros else str(quantity)
    found = fact_of(message("8", (150, "F"), (14, text)), lambda _: None)
    assert isinstance(found, Report)
    assert found.cum == quantity
