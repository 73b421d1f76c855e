"""The price path made again from the tape is the one the board had."""

from pathlib import Path

import numpy as np
import pytest

from app.board import BoardReader
from app.session.price_path import path_of
from app.session.recovery import TapeIndex
from app.settings import load_settings
from tests.session.live_day import begun, played

pytestmark = pytest.mark.slow  # whole days


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_that_the_path_of_a_tape_is_that_of_the_day(tmp_path: Path, share: float) -> None:
    folder = begun(tmp_path / "run")
    played(folder)
    index = TapeIndex(folder.tape)
    last = int(len(index.entries) * share)
    found = path_of(index, last, load_settings().engine(book=False))
    shown = BoardReader(folder.board).rows("trace")
    until = index.entries[last - 1].watermark
    for instrument in np.unique(shown["instrument"]).tolist():
        mine, theirs = (rows[rows["instrument"] == instrument] for rows in (found, shown))
        theirs = theirs[theirs["ts"] < until] if share < 1 else theirs
        mine = mine[mine["ts"] < until] if share < 1 else mine
        assert len(theirs) > 10
        times = np.intersect1d(mine["ts"], theirs["ts"])
        assert len(times) >= 0.9 * max(len(mine), len(theirs)), "the last point of a step may be another"
        assert (np.diff(mine["ts"]) > 0).all()
        both = [rows[np.isin(rows["ts"], times)] for rows in (mine, theirs)]
        assert np.array_equal(both[0]["mid"], both[1]["mid"], equal_nan=True)
        assert np.array_equal(both[0]["volume"], both[1]["volume"])
    assert len(path_of(index, 0, load_settings().engine(book=False))) == 0
