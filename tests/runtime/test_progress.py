"""The progress bar: rate and time left where somebody looks, nothing elsewhere."""

import pytest

from app.runtime.progress import ProgressBar


def test_that_a_forced_bar_shows_rows_rate_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar("replay", 1000, force=True) as bar:
        for _ in range(10):
            bar.advance(100)
    shown = capsys.readouterr()
    assert "replay" in shown.err
    assert "1000/1000" in shown.err
    assert "rows/s" in shown.err
    assert "0:00:00" in shown.err
    assert shown.out == ""


def test_that_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar("replay", 1000) as bar:
        bar.advance(100)
    assert not bar.shown
    assert capsys.readouterr().err == ""


def test_that_an_unknown_total_is_no_obstacle(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar("replay", None, force=True) as bar:
        bar.advance(100)
    assert "100/?" in capsys.readouterr().err
