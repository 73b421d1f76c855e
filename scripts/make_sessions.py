"""Make the shipped sessions in resources/sessions: `inst`, `inst_sell`, `ties`, `day`; the same every time."""

import argparse
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.feeds.generator import Generated, Plan, generate  # noqa: E402
from app.feeds.generator.day import day  # noqa: E402
from app.feeds.generator.golden import inst, inst_sell, ties  # noqa: E402
from app.feeds.generator.hand import Sheet  # noqa: E402
from app.feeds.session import write_session  # noqa: E402

FOLDER: Final = ROOT / "resources" / "sessions"


def packed(sheet: Sheet) -> Generated:
    """A session written by hand, as packed rows."""
    universe = sheet.universe()
    return Generated(universe, sheet.market_rows(universe), sheet.order_rows(), {})


def shipped() -> dict[str, Generated]:
    """All shipped sessions by name."""
    return {"inst": packed(inst()), "inst_sell": packed(inst_sell()), "ties": packed(ties()), "day": day()}


def write(folder: Path, made: Generated) -> None:
    """Write one session folder."""
    write_session(folder, [made.market], made.orders, made.universe)


def main() -> int:
    """Write the shipped sessions, or one generated session of any size to a folder of your own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="write one generated session here instead")
    parser.add_argument("--rows", type=int, default=5_000_000, help="its market rows")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.out is not None:
        write(arguments.out, generate(Plan(seed=arguments.seed, market_rows=arguments.rows)))
        return 0
    for name, made in shipped().items():
        write(FOLDER / name, made)
        size = sum(file.stat().st_size for file in (FOLDER / name).iterdir())
        print(f"{name:10} {len(made.market):6} market rows, {len(made.orders):4} order rows, {size / 1024:7.1f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
