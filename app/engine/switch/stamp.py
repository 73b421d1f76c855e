"""UTC stamps of FIX out of nanoseconds, and back to a date: arithmetic only, no calendar of the machine."""

from typing import Final

from app.engine.units import SECOND

_DAY: Final = 86_400 * SECOND


def utc_date(ns: int) -> str:
    """The UTC date of ns since the epoch as YYYYMMDD. Source: H. Hinnant, civil_from_days."""
    shifted = ns // _DAY + 719_468
    era, of_era = divmod(shifted, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year = year_of_era + era * 400 + (month <= 2)
    return f"{year:04d}{month:02d}{day:02d}"


def utc_text(ns: int) -> str:
    """A UTCTimestamp with nine decimals: 20260105-14:30:00.000000000."""
    second, fraction = divmod(ns % _DAY, SECOND)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{utc_date(ns)}-{hour:02d}:{minute:02d}:{second:02d}.{fraction:09d}"
