"""FIXatdl files written by tests."""

from datetime import UTC, date, datetime
from typing import Final

from app.feeds.atdl import Algos, Form, Moment, algos_of

NOON: Final = Moment(date(2026, 11, 20), "America/New_York", datetime(2026, 11, 20, 17, 0, tzinfo=UTC))
_HEAD: Final = (
    '<Strategies xmlns="http://www.fixprotocol.org/FIXatdl-{e}/Core" xmlns:val="http://www.fixprotocol.org/FIXatdl-{e}'
    '/Validation" xmlns:lay="http://www.fixprotocol.org/FIXatdl-{e}/Layout" xmlns:flow="http://www.fixprotocol.org/'
    'FIXatdl-{e}/Flow" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {more}>\n'
)


def text_of(inside: str, more: str = 'strategyIdentifierTag="847"', edition: str = "1-1") -> bytes:
    """A file with these strategies; the first of them stands on line 2."""
    return (_HEAD.format(e=edition, more=more) + inside + "</Strategies>").encode()


def strategy(parameters: str = "", controls: str = "", rules: str = "", more: str = "") -> str:
    """One strategy: parameters on line 3, controls on line 5."""
    return (
        f'<Strategy name="A" uiRep="Algo A" wireValue="1" {more}>\n{parameters}\n'
        "<lay:StrategyLayout><lay:StrategyPanel>\n"
        f"{controls}\n</lay:StrategyPanel></lay:StrategyLayout>\n{rules}\n</Strategy>\n"
    )


def read(inside: str, more: str = 'strategyIdentifierTag="847"', edition: str = "1-1") -> Algos:
    """The strategies of such a file."""
    return algos_of(text_of(inside, more, edition), "broker.xml")


def form(parameters: str, controls: str, rules: str = "", order: dict[str, str] | None = None) -> Form:
    """The form of one strategy at 12:00 in New York, for an order with these FIX fields."""
    return Form(read(strategy(parameters, controls, rules)).strategies[0], NOON, order or {})
