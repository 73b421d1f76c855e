"""A FIXatdl file into `Algos`: every element of 1.1 and 1.2 that has a meaning here; the rest is noted."""

from pathlib import Path
from typing import Final, Literal

from app.engine.errors import DecodeError, FeedError, complaint
from app.feeds.atdl.fields import Fields
from app.feeds.atdl.layout import LayoutReader
from app.feeds.atdl.markup import MOST_BYTES, Element, parsed
from app.feeds.atdl.model import Algos, AlgoStrategy, StrategyEdit, Where
from app.feeds.atdl.parameters import read_parameter
from app.feeds.atdl.rules import EditReader, edits_of

_EDITIONS: Final[dict[str, Literal["1.1", "1.2"]]] = {
    "http://www.fixprotocol.org/FIXatdl-1-1/Core": "1.1",
    "http://www.fixprotocol.org/FIXatdl-1-2/Core": "1.2",
}
_KNOWN: Final = frozenset(
    {"Description", "Parameter", "StrategyLayout", "StrategyEdit", "Edit", "Regions", "Markets", "SecurityTypes"}
    | {"RepeatingGroup", "ExternalContent"}
)

_LEFT_OUT: Final = frozenset({"RepeatingGroup", "ExternalContent"})


def read_algos(path: Path) -> Algos:
    """A file of strategies. Raises FeedError when it cannot be read, DecodeError naming file, line and reason."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FeedError(f"{path}: {error.strerror or error}") from error
    return algos_of(data, path.name)


def algos_of(data: bytes, name: str) -> Algos:
    """Strategies out of the bytes of a file called `name`. Raises DecodeError naming file, line and reason."""
    return _File(name).read(parsed(data, name))


class _File:
    def __init__(self, name: str) -> None:
        self.name = name
        self.notes: list[str] = []

    def read(self, root: Element) -> Algos:
        fields = Fields(root, self.name)
        edition = _EDITIONS.get(root.space)
        if edition is None or root.name != "Strategies":
            given = f"{root.name} of {root.space or 'no namespace'}"
            raise DecodeError(complaint(fields.where, "root", given, f"Strategies of {' or '.join(_EDITIONS)}"))
        tag = fields.tag("strategyIdentifierTag")
        if tag is None:
            raise fields.refusal("strategyIdentifierTag", None, "the FIX tag that names a strategy")
        edits = EditReader(self.name, edits_of(root, self.name))
        strategies = tuple(self._strategy(element, edits) for element in root.all("Strategy"))
        if not strategies:
            raise DecodeError(complaint(fields.where, "Strategy", "none", "at least one"))
        self._one_of_a_name(strategies)
        return Algos(
            path=self.name,
            edition=edition,
            strategy_tag=tag,
            version_tag=fields.tag("versionIdentifierTag"),
            change_on_replace=fields.maybe_flag("changeStrategyOnCxlRpl"),
            group_957=fields.flag("tag957Support"),
            strategies=strategies,
            notes=tuple(self.notes),
        )

    def _strategy(self, element: Element, shared: EditReader) -> AlgoStrategy:
        fields = Fields(element, self.name)
        name = fields.needed("name")
        self._note_unknown(element, name)
        parameters = {}
        for child in element.all("Parameter"):
            parameter = read_parameter(child, self.name)
            if parameter.name in parameters:
                raise DecodeError(
                    complaint(f"{self.name} line {child.line}", "name", parameter.name, "a name of its own")
                )
            parameters[parameter.name] = parameter
        edits = shared.within(edits_of(element, self.name))
        layout = element.first("StrategyLayout")
        reader = LayoutReader(self.name, parameters, edits)
        panels = () if layout is None else reader.panels(layout)
        known = {control.id for panel in panels for control in panel.controls()}
        self.notes.extend(reader.notes)
        about = element.first("Description")
        return AlgoStrategy(
            name=name,
            title=fields.text("uiRep", name),
            wire=fields.needed("wireValue"),
            line=element.line,
            version=fields.text("version"),
            provider=fields.text("providerID"),
            message=fields.text("fixMsgType"),
            about="" if about is None else " ".join(about.text.split()),
            parameters=parameters,
            panels=panels,
            rules=self._rules(element, edits, frozenset(parameters), known),
            places=tuple(self._places(element)),
        )

    def _rules(
        self, element: Element, edits: EditReader, parameters: frozenset[str], controls: set[str]
    ) -> tuple[StrategyEdit, ...]:
        rules = []
        for child in element.all("StrategyEdit"):
            fields = Fields(child, self.name)
            edit = edits.only(child)
            edits.insist(edit, parameters | controls)
            rules.append(StrategyEdit(message=fields.needed("errorMessage"), edit=edit, line=child.line))
        return tuple(rules)

    def _places(self, element: Element) -> list[Where]:
        found: list[Where] = []
        for group in element.all("Regions"):
            for region in group.all("Region"):
                fields = Fields(region, self.name)
                name = fields.needed("name")
                found.append(Where("region", name, _included(fields)))
                for country in region.all("Country"):
                    inner = Fields(country, self.name)
                    found.append(Where("country", inner.needed("CountryCode"), _included(inner), name))
        for group in element.all("Markets"):
            for market in group.all("Market"):
                fields = Fields(market, self.name)
                found.append(Where("market", fields.needed("MICCode"), _included(fields)))
        for group in element.all("SecurityTypes"):
            for kind in group.all("SecurityType"):
                fields = Fields(kind, self.name)
                found.append(Where("security type", fields.needed("name"), _included(fields)))
        return found

    def _note_unknown(self, element: Element, strategy: str) -> None:
        for child in element.children:
            known = child.name in _KNOWN
            if known and child.name not in _LEFT_OUT:
                continue
            what = "is left out of the form" if known else "is not understood"
            self.notes.append(f"{self.name} line {child.line}: <{child.name}> of {strategy} {what}")

    def _one_of_a_name(self, strategies: tuple[AlgoStrategy, ...]) -> None:
        seen: dict[str, AlgoStrategy] = {}
        for strategy in strategies:
            if strategy.name in seen:
                where = f"{self.name} line {strategy.line}"
                raise DecodeError(complaint(where, "name", strategy.name, "a name of its own for each strategy"))
            seen[strategy.name] = strategy


def _included(fields: Fields) -> bool:
    return fields.one_of("inclusion", ("Include", "Exclude"), "Include") == "Include"
