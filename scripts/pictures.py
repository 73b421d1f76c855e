"""`make pictures`: the pictures of README and guide, dark and light, from the TECH day after its switch.

Each was looked at when it was committed; this makes them anew, the same for the same sources.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from app import desk  # noqa: E402
from app.widgets import theme as themes  # noqa: E402

IMAGES: Final = ROOT / "docs" / "images"
PICTURES: Final = (("desk.png", themes.DARK), ("desk-light.png", themes.LIGHT))


def main() -> int:
    """Run the day flat out onto a board, then draw it."""
    with tempfile.TemporaryDirectory() as folder:
        board = Path(folder) / "board"
        words = [sys.executable, "-m", "app", "demo", "tech", "--headless", "--board", str(board)]
        subprocess.run([*words, "--out", str(Path(folder) / "out")], check=True, cwd=ROOT)
        for name, theme in PICTURES:
            desk.snapshot(board, IMAGES / name, (1680, 900), theme=theme)
            print(f"drawn into {IMAGES.relative_to(ROOT) / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
