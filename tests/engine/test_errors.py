"""Errors name who must act, and say what is wrong in one sentence."""

import pytest

from app.engine.errors import DecodeError, EngineError, FeedError, ScorecardError, SettingsError, complaint


@pytest.mark.parametrize("kind", [FeedError, DecodeError, SettingsError, EngineError])
def test_that_every_error_on_purpose_has_one_root_and_is_no_other(kind: type[ScorecardError]) -> None:
    others = {FeedError, DecodeError, SettingsError, EngineError} - {kind}
    with pytest.raises(ScorecardError, match=r"^their words$") as caught:
        raise kind("their words")
    assert not isinstance(caught.value, tuple(others))
    assert not issubclass(kind, ValueError | OSError | RuntimeError)


def test_that_a_complaint_says_where_what_its_value_and_what_is_allowed() -> None:
    said = complaint("orders.fix line 5", "54", "9", "1, 2, 5")
    assert said == "orders.fix line 5: 54 = '9' is not allowed; allowed: 1, 2, 5"


def test_that_a_complaint_shows_a_number_a_text_and_nothing_apart() -> None:
    said = {complaint("f", "qty", value, "a number") for value in (None, "None", 0, "0", "", b"")}
    assert len(said) == 6
    assert complaint("f", "qty", None, "a number") == "f: qty = None is not allowed; allowed: a number"
