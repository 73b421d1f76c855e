"""Write docs/switch-matrix.md from the table in app/engine/switch/matrix.py; --check only compares."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.engine.switch.matrix import document  # noqa: E402


def main() -> int:
    """0 when the file is (now) what the table says."""
    path = ROOT / "docs" / "switch-matrix.md"
    if "--check" in sys.argv[1:]:
        return 0 if path.exists() and path.read_text("utf-8") == document() else 1
    path.write_text(document(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
