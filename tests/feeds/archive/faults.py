"""Recorders that are killed, or whose files cannot grow; what the archive has in the end."""

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.feeds.archive.made import market, own, sent, universe_of

ROOT: Final = Path(__file__).resolve().parents[3]
ROWS: Final = 1_200


def recorder(folder: Path, seed: int, limit: int = 0) -> subprocess.Popen[str]:
    """A process that records the rows of a seed; `limit`: bytes of the longest file it may write."""
    words = [sys.executable, "-m", "tests.feeds.archive.recorder", str(folder), str(seed), str(ROWS), str(limit)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def everything(seed: int) -> str:
    """The hash of what is sent."""
    return sent(universe_of(), market(ROWS, seed), own(ROWS // 20, seed))


def killed(folder: Path, seed: int, times: int, longest_s: float) -> int:
    """Record, kill at a random instant, again; then to the end. Gives the number of kills that met it alive."""
    draw, kills = random.Random(seed), 0
    for _ in range(times):
        process = recorder(folder, seed)
        assert process.stdout is not None
        process.stdout.readline()  # it has begun: the kill falls into its work, not into its imports
        try:
            process.wait(draw.random() * longest_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
    process = recorder(folder, seed)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return kills
