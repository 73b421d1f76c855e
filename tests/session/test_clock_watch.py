"""The clock's offset on the board: from its program's file while it is written, undefined with the reason."""

from pathlib import Path

import pytest

from app.session.clock_watch import NO_FILE, NOTHING_YET, ClockWatch, clock_watch

LINE = "ptp4l[{at}.1]: master offset {offset} s2 freq -3245 path delay 511\n"


def test_that_the_offset_follows_the_file_and_the_worst_clock_is_told(tmp_path: Path) -> None:
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    one.write_text("")
    two.write_text(LINE.format(at=1, offset=40))
    watch = ClockWatch({"A": one, "B": two})
    assert watch.look() == ("40", "B: as its clock's program says")
    with one.open("a") as file:
        file.write(LINE.format(at=2, offset=-1249) + LINE.format(at=3, offset=-1251))
    assert watch.look() == ("-1300", "A: as its clock's program says")
    assert watch.look().ns == "-1300", "nothing new"


@pytest.mark.parametrize(("offset", "said"), [(0, "0"), (99, "99"), (104, "100"), (-105, "-110"), (99_500, "100000")])
def test_that_it_is_told_to_two_digits(tmp_path: Path, offset: int, said: str) -> None:
    path = tmp_path / "ptp.log"
    path.write_text(LINE.format(at=1, offset=offset))
    assert ClockWatch({"*": path}).look().ns == said


def test_that_what_is_not_known_is_undefined_with_the_reason(tmp_path: Path) -> None:
    assert ClockWatch({}).look() == ("", NO_FILE)
    path = tmp_path / "ptp.log"
    path.write_text("no clock here\n")
    watch = clock_watch({"*": "ptp.log"}, str(tmp_path / "mine.toml"))
    assert watch.look() == ("", NOTHING_YET)
    path.write_text(
        "no clock here\n" + LINE.format(at=1, offset=5) + "ptp4l[2.1]: port 1: SLAVE to UNCALIBRATED on X\n"
    )
    assert watch.look() == ("", "*: the clock has lost its reference")
    path.unlink()
    assert "cannot be read" in watch.look().why
    assert clock_watch({}, None).look().why == NO_FILE
