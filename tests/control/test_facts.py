"""Raw FIX becomes facts: every version's way of saying it, nothing lost to an unknown tag or enum."""

from typing import Any

import pytest

from app.control.facts import SentBySeq, fact_of, parsed
from app.engine.switch.facts import CancelRefused, Fact, MassCancelAnswered, Rejected, Report
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_wire import Header, built
from tests.control.made import T0


def nobody(_seq: int) -> tuple[str, str] | None:
    """No message of ours."""
    return None


def read(kind: str, *fields: tuple[int, str], sent: SentBySeq = nobody) -> Fact | str:
    """The fact of one message."""
    message = parsed(built(Header("EMS", "US", 1, T0), kind, fields))
    assert isinstance(message, FixMessage)
    return fact_of(message, sent)


def report(*fields: tuple[int, str]) -> Report:
    """The fact of a 35=8."""
    found = read("8", *fields)
    assert isinstance(found, Report)
    return found


def test_that_a_report_keeps_every_tag_and_its_numbers() -> None:
    found = report(
        (37, "O"), (11, "A"), (41, "B"), (17, "E"), (150, "F"), (39, "1"), (38, "100"), (14, "30.0"), (151, "70"),
        (32, "30"), (58, "words"), (9999, "own"), (19, "R"),
    )  # fmt: skip
    expected: dict[str, Any] = {
        "order_id": "O", "cl_ord_id": "A", "orig_cl_ord_id": "B", "exec_id": "E", "exec_type": "F", "status": "1",
        "qty": 100, "cum": 30, "leaves": 70, "last_qty": 30, "text": "words", "ref_exec_id": "R",
    }  # fmt: skip
    assert {name: getattr(found, name) for name in expected} == expected
    assert (9999, "own") in found.tags


@pytest.mark.parametrize(
    ("fields", "exec_type"),
    [
        (((20, "0"), (150, "1")), "1"), (((20, "1"), (150, "1")), "H"), (((20, "2"), (150, "1")), "G"),
        (((20, "3"), (150, "0")), "I"), (((39, "4"),), "4"), (((150, "Z"),), "Z"), ((), "?"),
    ],
)  # fmt: skip
def test_that_every_versions_exec_type_is_one(fields: tuple[tuple[int, str], ...], exec_type: str) -> None:
    assert report(*fields).exec_type == exec_type


@pytest.mark.parametrize("text", ["x", "-5", "1.5", "9" * 40])
def test_that_a_quantity_that_is_none_is_absent(text: str) -> None:
    assert report((150, "F"), (14, text)).cum is None


def test_that_a_refused_cancel_keeps_reason_and_text() -> None:
    found = read("9", (37, "NONE"), (11, "A"), (41, "B"), (39, "8"), (102, "1"), (58, "unknown"))
    assert found == CancelRefused(
        cl_ord_id="A", orig_cl_ord_id="B", order_id="NONE", status="8", reason="1", text="unknown"
    )


def test_that_a_reject_is_ours_by_number_or_by_id() -> None:
    sent = {7: ("G", "N7")}.get
    assert read("3", (45, "7"), (58, "bad"), sent=sent) == Rejected(cl_ord_id="N7", kind="G", text="bad")
    assert read("j", (45, "9"), (379, "N9"), (372, "D"), sent=sent) == Rejected(cl_ord_id="N9", kind="D", text="35=j")
    for fields in (((45, "9"),), ((45, "x"), (379, "N9"), (372, "8")), ((45, "9" * 12),)):
        assert "not ours" in str(read("j", *fields, sent=sent))


def test_that_what_says_nothing_about_an_order_is_said() -> None:
    assert "35=0" in str(read("0"))
    assert isinstance(parsed(b"garbage"), str)


def test_that_the_answer_to_a_mass_cancel_is_taken_or_not() -> None:
    taken = read("r", (11, "Q1"), (530, "7"), (531, "7"))
    assert taken == MassCancelAnswered(cl_ord_id="Q1", accepted=True)
    refused = read("r", (11, "Q1"), (530, "7"), (531, "0"), (58, "no"))
    assert refused == MassCancelAnswered(cl_ord_id="Q1", accepted=False, text="no")
