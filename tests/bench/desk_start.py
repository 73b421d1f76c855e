"""The window of `scorecard run` as an eye sees it: from the start of the process to its first pixel, under Xvfb.

    python -m tests.bench.desk_start      (prints its figures as JSON; null where there is no Xvfb)

The first start keeps what can be kept; the second is measured. Processor times are those of the command line and of
the desk up to that pixel, one after the other, as the pixel waits for both; wall time stands beside them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from app.session.runtime_folder import RuntimeFolder

PATIENCE_S: Final = 240.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Start(msgspec.Struct):
    """One start: seconds on the wall, processor seconds of the two processes that the pixel waits for."""

    wall_s: float
    processor_s: float


@contextmanager
def screen() -> Iterator[str]:
    """A display of 1920 x 1080 that nobody sees."""
    read, write = os.pipe()
    words = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
    with subprocess.Popen(words, pass_fds=[write], stderr=subprocess.DEVNULL) as process:
        os.close(write)
        try:
            with os.fdopen(read) as said:
                yield f":{said.readline().strip()}"
        finally:
            process.terminate()


class Eye:
    """Looks at a few pixels of a screen, twice in a frame."""

    def __init__(self, display: str) -> None:
        os.environ.update(DISPLAY=display, QT_QPA_PLATFORM="xcb")
        from PySide6.QtGui import QGuiApplication

        self._app = QGuiApplication(sys.argv[:1])

    def sees(self) -> bool:
        """True when something is painted."""
        picture = self._app.primaryScreen().grabWindow(0, 300, 300, 4, 4).toImage()
        return bool(picture.pixelColor(1, 1).value())


def started(eye: Eye, home: Path) -> Start:
    """Start a session, wait for its window, end it."""
    folder = RuntimeFolder(home / "run")
    env = {**os.environ, "XDG_CONFIG_HOME": str(home / "config")}
    command = [sys.executable, "-m", "app", "run", "--runtime", str(folder.path), "--speed", "60"]
    began = time.perf_counter()
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not eye.sees():
            if time.perf_counter() - began > PATIENCE_S or process.poll() is not None:
                raise RuntimeError("no window came")
            time.sleep(0.016)
        wall, processor = time.perf_counter() - began, processor_s(process.pid)
        status = folder.status()
        desk = status.processes["desk"].identity if status is not None else None
        processor += processor_s(desk.pid) if desk is not None else 0.0
        subprocess.run([sys.executable, "-m", "app", "stop", "--runtime", str(folder.path)], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    return Start(wall, processor)


def processor_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def main() -> int:
    """Twice, and say what the second took."""
    if shutil.which("Xvfb") is None:
        print("null")
        return 0
    with screen() as display, tempfile.TemporaryDirectory() as home:
        eye = Eye(display)
        starts = [started(eye, Path(home) / str(turn)) for turn in range(2)]
    sys.stdout.buffer.write(msgspec.json.encode(starts[1]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
