"""ClOrdIDs that are unique for good: date, host, a counter that is persisted before it is used."""

import msgspec

from app.engine.switch.stamp import utc_date


class Ids(msgspec.Struct, kw_only=True):
    """The counter of one host; it never starts again, not even with a new day."""

    host: str
    count: int = 0

    def next(self, now: int) -> str:
        """A new ClOrdID: 20260105-desk7-42."""
        self.count += 1
        return f"{utc_date(now)}-{self.host}-{self.count}"

    def saw(self, cl_ord_id: str) -> None:
        """Never give an id again that was seen in a journal."""
        _, _, rest = cl_ord_id.partition("-")
        host, _, number = rest.rpartition("-")
        if host == self.host and number.isdigit():
            self.count = max(self.count, int(number))
