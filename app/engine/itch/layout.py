"""What is known of the messages of TotalView-ITCH 5.0 without reading one. Source: Nasdaq TotalView-ITCH 5.0."""

from typing import Final

# Bytes of each message from its type on.
LENGTHS: Final[dict[str, int]] = {
    "S": 12, "R": 39, "H": 25, "Y": 20, "L": 26, "V": 35, "W": 12, "K": 28, "J": 35, "h": 21, "A": 36, "F": 40, "E": 31,
    "C": 36, "X": 23, "D": 19, "U": 35, "P": 44, "Q": 40, "B": 19, "I": 50, "N": 20, "O": 48,
}  # fmt: skip
STOCK_AT: Final[dict[str, int]] = {"R": 11, "H": 11, "h": 11, "A": 24, "F": 24, "P": 24, "Q": 19}  # of types with rows
DAY_NS: Final = 86_400_000_000_000
