"""Who may see and do what: grants add up, nobody outside the file, a changed file counts at once."""

from pathlib import Path

import pytest

from app.engine.errors import SettingsError
from app.entitlements import Entitlements, Grants, barred

PEOPLE = """
[users.alice]
scopes = ["read", "act"]
desks = ["cash"]
books = ["ACC-7"]
certificates = ["alice.desk"]

[users.bob]
own = true

[users.chief]
scopes = ["read", "act", "admin"]
desks = ["*"]
"""


@pytest.fixture
def people(tmp_path: Path) -> Entitlements:
    """The file above."""
    path = tmp_path / "people.toml"
    path.write_text(PEOPLE)
    return Entitlements(path)


def test_that_a_row_is_ones_own_by_desk_or_by_book(people: Entitlements) -> None:
    alice = people.of("alice")
    assert alice.sees("cash", "ACC-1", "someone")
    assert alice.sees("swaps", "ACC-7", "someone")
    assert not alice.sees("swaps", "ACC-1", "alice")


def test_that_a_row_without_desk_and_book_is_nobodys(people: Entitlements) -> None:
    assert not people.of("alice").sees("", "", "")
    assert not Grants("x", own=True).sees("", "", "")


def test_that_a_trader_sees_his_own_orders_where_it_says_so(people: Entitlements) -> None:
    assert people.of("bob").sees("swaps", "ACC-1", "bob")
    assert not people.of("bob").sees("swaps", "ACC-1", "alice")


def test_that_a_star_is_every_row_even_one_without_a_desk(people: Entitlements) -> None:
    assert people.of("chief").everything
    assert people.of("chief").sees("", "", "")


def test_that_who_is_not_in_the_file_may_nothing(people: Entitlements) -> None:
    nobody = people.of("mallory")
    assert not nobody.scopes
    assert not nobody.sees("cash", "ACC-7", "mallory")
    assert not people.knows("mallory")


def test_that_one_scope_does_not_bring_another(people: Entitlements) -> None:
    assert people.of("alice").may("act")
    assert not people.of("alice").may("admin")
    assert people.of("bob").scopes == {"read"}
    assert people.of("chief").narrowed(frozenset({"read"})).scopes == {"read"}


def test_that_without_a_file_everybody_may_everything() -> None:
    people = Entitlements(None)
    assert people.of("anyone").everything
    assert people.of("anyone").may("admin")
    assert people.knows("anyone")
    assert not people.refresh()


def test_that_a_certificate_names_its_user(people: Entitlements) -> None:
    assert people.of_certificate("alice.desk") == "alice"
    assert people.of_certificate("mallory.desk") == ""


def test_that_a_changed_file_counts_at_the_next_look_and_a_broken_one_does_not(people: Entitlements) -> None:
    path = people.path
    assert path is not None
    path.write_text('[users.alice]\ndesks = ["swaps"]\n')
    assert people.refresh()
    assert not people.of("alice").sees("cash", "", "")
    path.write_text("[users.alice]\ndesks = 7\n")
    assert not people.refresh()
    assert "people.toml" in people.fault
    assert people.of("alice").sees("swaps", "", "")
    path.write_text('[users.alice]\ndesks = ["rates"]\n')
    assert people.refresh()
    assert people.fault == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("users = 1", "users"),
        ('[users.a]\nscopes = ["write"]', "write"),
        ("[users.a]\nrooms = []", "rooms"),
        ("[users", "not TOML"),
        ('[users.a]\ncertificates=["x"]\n[users.b]\ncertificates=["x"]', "users.b.certificates = 'x'"),
    ],
)
def test_that_a_wrong_file_is_refused_naming_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "people.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"people\.toml") as refused:
        Entitlements(path)
    assert said in str(refused.value)


def test_that_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        Entitlements(tmp_path / "none.toml")


def test_that_who_is_barred_is_told_why(people: Entitlements) -> None:
    assert barred(people.of("alice"), lambda: ("cash", "", "")) == ""
    assert "desk swaps, book (none)" in barred(people.of("alice"), lambda: ("swaps", "", ""))
    assert "not known" in barred(people.of("alice"), lambda: None)
    assert barred(people.of("chief"), lambda: None) == ""
    assert barred(people.of("bob"), lambda: ("", "", "bob")) == "bob may not act"
