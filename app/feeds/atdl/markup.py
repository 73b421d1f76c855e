"""XML as elements that know their line; a document type or an entity of its own is refused, before it can expand."""

from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from app.engine.errors import DecodeError, complaint

MOST_BYTES: Final = 16 << 20
MOST_DEPTH: Final = 100
_BREAK: Final = "\x1f"


@dataclass(slots=True)
class Element:
    """One element: its name and namespace, attributes by local name, its text, the line it begins at."""

    name: str
    space: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> list["Element"]:
        """Children of a name, in order."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Element | None":
        """The first child of a name."""
        return next((child for child in self.children if child.name == name), None)


class _Builder:
    def __init__(self, parser: expat.XMLParserType, where: str) -> None:
        self.parser = parser
        self.where = where
        self.root: Element | None = None
        self.open: list[Element] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, local = _split(name)
        line = self.parser.CurrentLineNumber
        if len(self.open) >= MOST_DEPTH:
            raise DecodeError(
                complaint(f"{self.where} line {line}", "element", local, f"at most {MOST_DEPTH} inside each other")
            )
        element = Element(local, space, line, {_split(key)[1]: value for key, value in attributes.items()})
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, _: str) -> None:
        closed = self.open.pop()
        closed.text = closed.text.strip()

    def characters(self, text: str) -> None:
        if self.open:
            self.open[-1].text += text

    def refuse(self, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise DecodeError(complaint(f"{self.where} line {line}", "DOCTYPE", "a document type", "none: no entities"))


def parsed(data: bytes, where: str) -> Element:
    """The root element of a document. Raises DecodeError naming file, line and reason."""
    if len(data) > MOST_BYTES:
        raise DecodeError(complaint(where, "size", len(data), f"at most {MOST_BYTES} bytes"))
    parser = expat.ParserCreate(namespace_separator=_BREAK)
    parser.buffer_text = True
    builder = _Builder(parser, where)
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = builder.refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        raise DecodeError(f"{where} line {error.lineno}, column {error.offset + 1}: {reason}") from error
    except (LookupError, ValueError) as error:
        raise DecodeError(f"{where} line {parser.CurrentLineNumber}: {error}") from error
    if builder.root is None:  # pragma: no cover  expat refuses a document without an element
        raise DecodeError(f"{where}: no element")
    return builder.root


def _split(name: str) -> tuple[str, str]:
    space, _, local = name.rpartition(_BREAK)
    return space, local
