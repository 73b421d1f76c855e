"""How a rule stands, as it is told to others: plain, so that whoever asks loads nothing heavy."""

import msgspec


class RuleState(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as a person sees it."""

    name: str
    when: str
    then: str
    about: str
    armed: bool
    words: str
    fired: int
    held: int  # parents on which its condition holds now
