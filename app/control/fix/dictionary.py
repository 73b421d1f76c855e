"""A data dictionary that refuses nothing: no enums, no required tags, every tag in every message.

Without one the library answers a tag that comes twice with 35=3, and a report with a repeating group is lost. So the
groups are named, flat: counting tag -> tags that may be repeated behind it; nested groups are members of the outer
one. Sources: FIX 4.2, 4.4 and 5.0 SP2 (execution report, order mass cancel report and their components).
"""

from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import quoteattr

GROUPS: Final[Mapping[int, tuple[int, ...]]] = {
    78: (79, 661, 736, 467, 80, 539, 524, 525, 538, 804, 545, 805, 153, 154, 161, 360, 361, 12, 13, 479, 497, 1047),
    136: (137, 138, 139, 891),
    232: (233, 234),
    382: (375, 337, 437, 438, 655),
    386: (336, 625),
    453: (448, 447, 452, 802, 523, 803, 2376),
    454: (455, 456),
    518: (519, 520, 521),
    534: (41, 535, 536, 1824),
    555: (
        600, 601, 602, 603, 604, 605, 606, 607, 608, 609, 764, 610, 611, 248, 249, 250, 251, 252, 253, 257, 599, 596,
        597, 598, 254, 612, 942, 613, 614, 615, 616, 617, 618, 619, 620, 621, 622, 623, 624, 556, 740, 739, 955, 956,
        687, 690, 683, 688, 689, 564, 565, 539, 524, 525, 538, 804, 545, 805, 654, 566, 587, 588, 637, 675, 1073, 1074,
        1075, 1418, 685, 948, 949, 950, 951, 952, 953, 954,
    ),
    711: (
        311, 312, 309, 305, 457, 458, 459, 462, 463, 310, 763, 313, 542, 241, 242, 243, 244, 245, 246, 256, 595, 592,
        593, 594, 247, 316, 941, 317, 436, 435, 308, 306, 362, 363, 307, 364, 365, 877, 878, 972, 318, 879, 810, 882,
        883, 884, 885, 886, 887, 888, 889,
    ),
    768: (769, 770, 771),
    862: (528, 529, 863),
    864: (865, 866, 867, 868),
    957: (958, 959, 960),
    1018: (1019, 1050, 1051, 1052, 1053, 1054),
    1362: (1363, 1364, 1365, 1443, 1414, 1415, 1416, 1417, 1622),
}  # fmt: skip
_HEADER: Final = (
    8, 9, 35, 49, 56, 115, 128, 90, 91, 34, 50, 142, 57, 143, 116, 144, 129, 145, 43, 97, 52, 122, 212, 213, 347, 369,
    370, 1128, 1129, 1156,
)  # fmt: skip
_TRAILER: Final = (93, 89, 10)
_DATA: Final = {
    91: 90, 89: 93, 96: 95, 213: 212, 349: 348, 351: 350, 353: 352, 355: 354, 357: 356, 359: 358, 361: 360, 363: 362,
    365: 364, 446: 445, 619: 618, 622: 621,
}  # fmt: skip
_HOPS: Final = (627, (628, 629, 630))
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KINDS: Final = (*_LETTERS, *(f"{a}{b}" for a in "ABCDEU" for b in _LETTERS))


def dictionary(version: str, own: Mapping[int, Sequence[int]] | None = None) -> str:
    """The dictionary of a FIX version (FIX.4.4, FIXT.1.1, FIX.5.0 ...) as XML; `own`: groups of the broker's."""
    kind, _, number = version.partition(".")
    major, minor = number[:1], number[2:3]
    groups = {**GROUPS, **{tag: tuple(members) for tag, members in (own or {}).items()}}
    tags = {*_HEADER, *_TRAILER, _HOPS[0], *_HOPS[1], *_DATA, *_DATA.values()}
    tags |= set(groups) | {tag for members in groups.values() for tag in members}
    body = "".join(_group(tag, members) for tag, members in groups.items())
    messages = "".join(
        f"<message name={quoteattr('M' + name)} msgtype={quoteattr(name)} msgcat='app'>{body}</message>"
        for name in _KINDS
    )
    header = "".join(_field(tag) for tag in _HEADER) + _group(*_HOPS)
    fields = "".join(f"<field number='{tag}' name='T{tag}' type='{_type(tag)}'/>" for tag in sorted(tags))
    return (
        f"<fix type='{kind}' major='{major}' minor='{minor}'><header>{header}</header>"
        f"<trailer>{''.join(_field(tag) for tag in _TRAILER)}</trailer>"
        f"<messages>{messages}</messages><components/><fields>{fields}</fields></fix>"
    )


def _type(tag: int) -> str:
    if tag in _DATA:
        return "DATA"
    return "LENGTH" if tag in _DATA.values() else "STRING"


def _field(tag: int) -> str:
    return f"<field name='T{tag}' required='N'/>"


def _group(tag: int, members: Sequence[int]) -> str:
    return f"<group name='T{tag}' required='N'>{''.join(_field(member) for member in members)}</group>"
