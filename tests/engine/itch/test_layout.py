"""The published lengths of ITCH messages against the second decoder's tables."""

from app.engine.itch.layout import LENGTHS, STOCK_AT
from tests.feeds.itch_plain import FIELDS, LAYOUT


def test_that_every_length_is_that_of_the_published_fields() -> None:
    assert {kind: 1 + layout.size for kind, (layout, _) in LAYOUT.items()} == LENGTHS


def test_that_a_stock_stands_where_the_published_fields_put_it() -> None:
    sizes = {"s": 1, "8s": 8, "4s": 4, "2s": 2, "I": 4, "Q": 8}
    for kind, place in STOCK_AT.items():
        fields = [field.split(":") for field in FIELDS[kind].split()]
        names = [name for name, _ in fields]
        before = fields[: names.index("stock")]
        assert place == 11 + sum(sizes[code] for _, code in before)
