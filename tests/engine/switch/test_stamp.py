"""UTC stamps by arithmetic equal the calendar's."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.engine.switch.stamp import utc_date, utc_text
from app.engine.units import SECOND


@given(st.datetimes(datetime(1905, 1, 1), datetime(2250, 1, 1)), st.integers(0, 999_999_999))  # noqa: DTZ001
def test_that_a_stamp_is_the_calendars(moment: datetime, fraction: int) -> None:
    seconds = (moment.replace(tzinfo=UTC, microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    ns = seconds * SECOND + fraction
    assert utc_date(ns) == moment.strftime("%Y%m%d")
    assert utc_text(ns) == moment.strftime("%Y%m%d-%H:%M:%S.") + f"{fraction:09d}"


def test_that_leap_days_and_year_ends_are_right() -> None:
    for year, month, day in ((2000, 2, 29), (2024, 2, 29), (1999, 12, 31), (2100, 3, 1), (1970, 1, 1)):
        ns = int(datetime(year, month, day, 23, 59, 59, tzinfo=UTC).timestamp()) * SECOND
        assert utc_text(ns) == f"{year:04d}{month:02d}{day:02d}-23:59:59.000000000"
