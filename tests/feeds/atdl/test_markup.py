"""XML with lines: what is no XML, or would have entities of its own, is refused with line and reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.engine.errors import DecodeError
from app.feeds.atdl.markup import MOST_BYTES, MOST_DEPTH, parsed


def test_that_elements_know_their_line_name_text_and_order() -> None:
    root = parsed(b'<a x="1">\n<b>\n  words </b><c/>\n<b/></a>', "f.xml")
    assert (root.name, root.line, root.attributes) == ("a", 1, {"x": "1"})
    assert [(child.name, child.line, child.text) for child in root.children] == [
        ("b", 2, "words"),
        ("c", 3, ""),
        ("b", 4, ""),
    ]
    assert root.first("b") is root.all("b")[0]
    assert root.first("d") is None


def test_that_prefixes_are_namespaces_and_not_names() -> None:
    root = parsed(b'<l:a xmlns:l="urn:lay" l:kind="l:x" plain="y"/>', "f.xml")
    assert (root.name, root.space, root.attributes) == ("a", "urn:lay", {"kind": "l:x", "plain": "y"})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", r"f\.xml line 1, column 1: no element found"),
        (b"<a>\n<b></a>", r"f\.xml line 2, column 6: mismatched tag"),
        (b"<a>&x;</a>", r"f\.xml line 1, column 4: undefined entity"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', r"line 1: DOCTYPE .* allowed: none: no entities"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', r"f\.xml line 1"),
        (b"<a>" * (MOST_DEPTH + 1), rf"element = 'a' is not allowed; allowed: at most {MOST_DEPTH} inside each other"),
    ],
)
def test_that_what_is_no_document_is_refused_with_line_and_reason(data: bytes, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        parsed(data, "f.xml")


def test_that_a_file_beyond_all_bounds_is_refused_before_it_is_read() -> None:
    with pytest.raises(DecodeError, match="at most"):
        parsed(b" " * (MOST_BYTES + 1), "f.xml")


@given(some.binary(max_size=200))
def test_that_any_bytes_are_elements_or_a_refusal(data: bytes) -> None:
    try:
        said = parsed(data, "f.xml").name
    except DecodeError as error:
        said = str(error)
        assert said.startswith("f.xml")
    assert said
