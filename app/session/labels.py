"""Past sessions whose truth is known: which orders leaked, and how rightly something fired on them."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from app.engine.errors import FeedError, complaint
from app.session.evidence_eval.statistics import Part, part_of
from app.session.evidence_worlds import TRUTHS, read_truths


class Labelled(NamedTuple):
    """A session: its orders that were looked at, those something fired on, and which leak where that is known."""

    parents: Collection[str]
    fired_on: Collection[str]
    leaking: Mapping[str, bool]


def sessions_of(paths: Iterable[Path], command: str) -> list[Path]:
    """The sessions named, and those in folders of simulated episodes. Raises FeedError for a path that is not there."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise FeedError(complaint(command, "session", str(path), "a recording or a folder of episodes"))
        found += [session for session, _ in read_truths(path)] if (path / TRUTHS).is_dir() else [path]
    return found


def labels_of(session: Path) -> dict[str, bool]:
    """Which parents of an episode leak; nothing where no truth lies beside the session."""
    if not (session.parent / TRUTHS / f"{session.name}.parquet").exists():
        return {}
    for path, truths in read_truths(session.parent):
        if path.name == session.name:
            return {truth.parent_id: truth.leaking for truth in truths}
    return {}


def judged(sessions: Iterable[Labelled]) -> tuple[Part, Part]:
    """(precision, recall) over the orders whose truth is known."""
    right: list[bool] = []
    found: list[bool] = []
    for one in sessions:
        known = [parent for parent in one.parents if parent in one.leaking]
        right += [one.leaking[parent] for parent in known if parent in one.fired_on]
        found += [parent in one.fired_on for parent in known if one.leaking[parent]]
    return part_of(right), part_of(found)


def rightly(sessions: Iterable[Labelled]) -> str:
    """Precision and recall with their standard errors, in words; empty where nothing is known."""
    precision, recall = judged(sessions)
    if not precision.n and not recall.n:
        return ""
    return f"; precision {_share(precision)}, recall {_share(recall)}"


def _share(part: Part) -> str:
    return f"{part.share:.3f} +- {part.se:.3f} of {part.n}" if part.n else "-"
