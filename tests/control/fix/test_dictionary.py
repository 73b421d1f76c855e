"""The dictionary refuses nothing: every message type, every group, no enum and no required tag."""

import xml.etree.ElementTree as ET

import pytest

from app.control.fix.dictionary import GROUPS, dictionary


@pytest.mark.parametrize(("version", "head"), [("FIX.4.2", ("FIX", "4", "2")), ("FIXT.1.1", ("FIXT", "1", "1"))])
def test_that_it_is_of_its_version(version: str, head: tuple[str, str, str]) -> None:
    root = ET.fromstring(dictionary(version))
    assert (root.get("type"), root.get("major"), root.get("minor")) == head


def test_that_nothing_is_required_and_no_value_is_listed() -> None:
    root = ET.fromstring(dictionary("FIX.4.4"))
    assert not list(root.iter("value"))
    assert {part.get("required") for part in root.iter("field") if part.get("number") is None} == {"N"}


def test_that_every_message_knows_every_group_and_the_brokers_own() -> None:
    root = ET.fromstring(dictionary("FIX.4.4", {9001: [9002, 9003]}))
    names = {f"T{tag}" for tag in (*GROUPS, 9001)}
    messages = list(root.iter("message"))
    assert {"8", "9", "3", "j", "r", "AE", "Z", "z"} <= {message.get("msgtype") for message in messages}
    for message in messages:
        assert {group.get("name") for group in message.iter("group")} == names


def test_that_every_name_used_has_a_number() -> None:
    root = ET.fromstring(dictionary("FIX.4.4", {9001: [9002]}))
    fields = root.find("fields")
    assert fields is not None
    known = {field.get("name") for field in fields}
    assert len(known) == len(list(fields))
    assert {part.get("name") for part in root.iter() if part.tag in {"field", "group"}} <= known
