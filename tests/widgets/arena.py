"""Texts by index, as a board keeps them, without a board."""


class Arena:
    """Index 0 is the empty text; the same text has the same index."""

    def __init__(self) -> None:
        self._known = [""]

    def text(self, index: int) -> str:
        return self._known[index]

    def intern(self, words: str) -> int:
        if words not in self._known:
            self._known.append(words)
        return self._known.index(words)
