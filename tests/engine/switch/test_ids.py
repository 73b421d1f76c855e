"""ClOrdIDs: never one twice, whatever the day."""

from app.engine.switch.ids import Ids
from app.engine.units import SECOND
from tests.engine.switch.made import T0


def test_that_an_id_names_date_host_and_count() -> None:
    ids = Ids(host="desk7", count=41)
    assert ids.next(T0) == "20260105-desk7-42"
    assert ids.next(T0 + 86_400 * SECOND) == "20260106-desk7-43"


def test_that_an_id_seen_in_a_journal_is_never_given_again() -> None:
    ids = Ids(host="desk7")
    for seen in ("20260105-desk7-9", "20260105-desk7-3", "20260105-other-99", "nonsense", "20260105-desk7-x"):
        ids.saw(seen)
    assert ids.next(T0) == "20260105-desk7-10"
