"""`record` of live sources: an engine that writes a tape, and the archive's process that follows it.

Both may be killed at any instant, and so may whoever watches them: the tape says what was applied and how far every
source had been read, the archive says how far the tape is in it. What is recorded again after that goes on there.
"""

import hashlib
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from app.engine.errors import FeedError
from app.feeds.archive.place import is_archive, require_library
from app.runtime.outputs import FILES, RUN, RunReport
from app.session.archived import archived
from app.session.archiving import say
from app.session.clock_health import engine_config
from app.session.runtime_folder import Role, RuntimeFolder, Session, default_folder
from app.session.supervisor import Supervisor, words_of
from app.settings import load_settings

ROLES: Final[tuple[Role, ...]] = ("engine", "archive")


class Recorder(Supervisor):
    """Watches engine and archive until the day has ended and all of it is archived, or one of them cannot go on."""

    def __init__(self, folder: RuntimeFolder, words: Mapping[Role, Sequence[str]]) -> None:
        super().__init__(folder, words)
        self.refused = ""
        self._trouble = ""

    def look(self) -> None:
        """As Supervisor; says when the archive waits, and when it goes on."""
        super().look()
        for role, watched in self.watched.items():
            if watched.status.state == "failed":
                self.refused = self.refused or f"{role}: {watched.status.reason}"
        self._tell_trouble()
        if self.refused or recorded(self.folder):
            self.stop()

    def _tell_trouble(self) -> None:
        word = archived(self.folder.archived)
        trouble = "" if word is None else word.archive_trouble
        if trouble != self._trouble:
            say(trouble or "the archive goes on; nothing was lost")
            self._trouble = trouble


def recorded(folder: RuntimeFolder) -> bool:
    """True once the run has ended and everything of it is in the archive."""
    word = archived(folder.archived)
    return word is not None and word.complete and (folder.out / RUN).exists()


def folder_of(settings: str | None, archive: str) -> Path:
    """Where a recording of these sources into this archive is kept until it is archived."""
    digest = hashlib.blake2b(f"{settings}\n{archive}".encode(), digest_size=6).hexdigest()
    return default_folder().with_name("recordings") / digest


def record_live(
    settings: str | None, archive: str, runtime: str | None = None, out: str | None = None
) -> RunReport | None:
    """Record the live sources of the settings until they have ended; None when it was told to end before.

    `out`: where the tables of the ended run are put. Raises ScorecardError where engine or archive cannot go on.
    """
    require_library()
    address = archive if is_archive(archive) else str(Path(archive).absolute())
    origin = None if settings is None else str(Path(settings).absolute())
    folder = RuntimeFolder(Path(runtime) if runtime else folder_of(origin, address))
    folder.create()
    session = Session(live=True, settings=origin, archive=address, desk=False)
    if folder.running():
        say(f"a recording is running in {folder.path}: it is watched on")
    elif folder.begin(session):
        say(f"the recording in {folder.path} was interrupted: it goes on where it stood")
    else:
        _keep_budgets(folder, origin)
    recorder = Recorder(folder, words_of(folder, ROLES))
    if not recorded(folder):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: recorder.stop())
    recorder.run()
    if recorder.refused:
        raise FeedError(recorder.refused)
    if not recorded(folder):
        return None
    if out is not None:
        _take_tables(folder.out, Path(out))
    return msgspec.json.decode((folder.out / RUN).read_bytes(), type=RunReport)


def _take_tables(folder: Path, out: Path) -> None:
    """Copy the tables of an ended run to where they were asked for; `run.json` last."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            if (folder / name).exists():
                shutil.copyfile(folder / name, out / name)
    except OSError as error:
        raise FeedError(f"{out}: the tables cannot be written: {error.strerror or error}") from error


def _keep_budgets(folder: RuntimeFolder, origin: str | None) -> None:
    """What the clocks' own files say counts from the beginning, whoever goes on with the recording."""
    known = load_settings(Path(origin) if origin else None)
    folder.keep_budgets(engine_config(known, origin, book=False).clock_budget_ns)
