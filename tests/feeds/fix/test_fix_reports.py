"""What an execution report says, in FIX 4.2 and 4.4."""

import pytest

from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import frame_one
from app.feeds.decode.fix_reports import meaning
from tests.feeds.fix.wire import Body, frame


def said(**tags: str) -> str:
    """What a report with these tags (t20="1") says."""
    pairs: Body = [(35, "8"), *((int(tag[1:]), value) for tag, value in tags.items())]
    message = frame_one(frame(pairs))
    assert isinstance(message, FixMessage)
    return meaning(message)


@pytest.mark.parametrize(
    ("exec_type", "expected"),
    [
        ("0", "acked"), ("1", "fill"), ("2", "fill"), ("F", "fill"), ("3", "done_for_day"), ("4", "cancelled"),
        ("5", "replaced"), ("8", "rejected"), ("C", "expired"), ("D", "restated"), ("G", "correct"), ("H", "bust"),
        ("I", "status"), ("A", "pending"), ("6", "pending"), ("E", "pending"), ("7", "pending"), ("9", "pending"),
        ("B", "pending"), ("J", "pending"), ("K", "pending"), ("L", "pending"), ("Z", "unknown"), ("00", "unknown"),
    ],
)  # fmt: skip
def test_that_exec_type_decides(exec_type: str, expected: str) -> None:
    assert said(t150=exec_type, t39="1") == expected
    assert said(t150=exec_type, t39="1", t20="0") == expected


@pytest.mark.parametrize(("trans", "expected"), [("1", "bust"), ("2", "correct"), ("3", "status")])
@pytest.mark.parametrize("exec_type", ["0", "1", "2", "4"])
def test_that_exec_trans_type_of_42_goes_before_exec_type(trans: str, expected: str, exec_type: str) -> None:
    assert said(t20=trans, t150=exec_type, t39=exec_type) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [("0", "acked"), ("4", "cancelled"), ("5", "replaced"), ("8", "rejected"), ("C", "expired"), ("3", "done_for_day"),
     ("A", "pending"), ("6", "pending"), ("D", "pending"), ("Z", "unknown")],
)  # fmt: skip
def test_that_status_decides_where_there_is_no_exec_type(status: str, expected: str) -> None:
    assert said(t39=status) == expected


def test_that_a_fill_of_40_needs_a_quantity() -> None:
    assert said(t39="1", t32="100") == "fill"
    assert said(t39="2", t32="0.00") == "status"
    assert said(t39="2") == "status"


def test_that_a_report_that_says_nothing_is_unknown() -> None:
    assert said(t37="O1") == "unknown"
