"""What a reader sees as one character: extended grapheme clusters (UAX #29 section 3), and text cut between them.

Theory of operation. Each character has a class (``_Class``), taken from the general category that ``unicodedata`` knows
and from the short tables below for what that does not tell. Whether two neighbours belong together follows from their
classes, and for flags, emoji sequences and Indic conjuncts from what came before, which a few bits of state remember.
So one walk over the text, with no look back, finds all boundaries.
"""

import bisect
import enum
import functools
import itertools
import unicodedata
from collections.abc import Iterator
from typing import Final


class _Class(enum.Enum):
    OTHER = enum.auto()
    CR = enum.auto()
    LF = enum.auto()
    CONTROL = enum.auto()
    EXTEND = enum.auto()
    LINKER = enum.auto()
    """Extends, and joins Indic consonants (InCB=Linker)."""
    ZWJ = enum.auto()
    SPACING = enum.auto()
    PREPEND = enum.auto()
    FLAG = enum.auto()
    """A regional indicator: two of them are a flag."""
    PICTOGRAPH = enum.auto()
    CONSONANT = enum.auto()
    """An Indic consonant that forms conjuncts (InCB=Consonant)."""
    L = enum.auto()
    V = enum.auto()
    T = enum.auto()
    LV = enum.auto()
    LVT = enum.auto()


def _ranges(text: str) -> tuple[int, ...]:
    """Bounds of the ranges in ``text``, each range as its first character and the one after its last, ascending."""
    bounds: list[int] = []
    for word in text.split(" "):
        first, _, last = word.partition("-")
        bounds += (int(first, 16), int(last or first, 16) + 1)
    return tuple(bounds)


def _is_in(code: int, bounds: tuple[int, ...]) -> bool:
    return bisect.bisect_right(bounds, code) % 2 == 1


# The tables follow Unicode 17.
# Extended_Pictographic (emoji-data.txt).
_PICTOGRAPHS: Final = _ranges(
    "A9 AE 203C 2049 2122 2139 2194-2199 21A9-21AA 231A-231B 2328 23CF 23E9-23F3 23F8-23FA 24C2 25AA-25AB 25B6 25C0 "
    "25FB-25FE 2600-2604 260E 2611 2614-2615 2618 261D 2620 2622-2623 2626 262A 262E-262F 2638-263A 2640 2642 "
    "2648-2653 265F-2660 2663 2665-2666 2668 267B 267E-267F 2692-2697 2699 269B-269C 26A0-26A1 26A7 26AA-26AB "
    "26B0-26B1 26BD-26BE 26C4-26C5 26C8 26CE-26CF 26D1 26D3-26D4 26E9-26EA 26F0-26F5 26F7-26FA 26FD 2702 2705 "
    "2708-270D 270F 2712 2714 2716 271D 2721 2728 2733-2734 2744 2747 274C 274E 2753-2755 2757 2763-2764 2795-2797 "
    "27A1 27B0 27BF 2934-2935 2B05-2B07 2B1B-2B1C 2B50 2B55 3030 303D 3297 3299 1F004 1F02C-1F02F 1F094-1F09F "
    "1F0AF-1F0B0 1F0C0 1F0CF-1F0D0 1F0F6-1F0FF 1F170-1F171 1F17E-1F17F 1F18E 1F191-1F19A 1F1AF-1F1E5 1F201-1F20F "
    "1F21A 1F22F 1F232-1F23A 1F23C-1F23F 1F249-1F25F 1F266-1F321 1F324-1F393 1F396-1F397 1F399-1F39B 1F39E-1F3F0 "
    "1F3F3-1F3F5 1F3F7-1F3FA 1F400-1F4FD 1F4FF-1F53D 1F549-1F54E 1F550-1F567 1F56F-1F570 1F573-1F57A 1F587 "
    "1F58A-1F58D 1F590 1F595-1F596 1F5A4-1F5A5 1F5A8 1F5B1-1F5B2 1F5BC 1F5C2-1F5C4 1F5D1-1F5D3 1F5DC-1F5DE 1F5E1 "
    "1F5E3 1F5E8 1F5EF 1F5F3 1F5FA-1F64F 1F680-1F6C5 1F6CB-1F6D2 1F6D5-1F6E5 1F6E9 1F6EB-1F6F0 1F6F3-1F6FF "
    "1F7DC-1F7F0 1F80C-1F80F 1F848-1F84F 1F85A-1F85F 1F888-1F88F 1F8AE-1F8AF 1F8BC-1F8BF 1F8C2-1F8CF 1F8D9-1F8FF "
    "1F90C-1F93A 1F93C-1F945 1F947-1F9FF 1FA58-1FA5F 1FA6E-1FAFF 1FC00-1FFFD"
)
# Grapheme_Extend beyond Mn and Me: Other_Grapheme_Extend (PropList.txt), and the modifiers of emoji.
_EXTENDING: Final = _ranges(
    "9BE 9D7 B3E B57 BBE BD7 CC0 CC2 CC7-CC8 CCA-CCB CD5-CD6 D3E D57 DCF DDF 1715 1734 1B35 1B3B 1B3D 1B43-1B44 "
    "1BAA 1BF2-1BF3 200C 302E-302F A953 A9C0 FF9E-FF9F 111C0 11235 1133E 1134D 11357 114B0 114BD 115AF 116B6 11930 "
    "1193D 16FF0-16FF1 1D165-1D166 1D16D-1D172 1F3FB-1F3FF E0020-E007F"
)
# Mc that does not space (GraphemeBreakProperty.txt lists what does), and what else does.
_NOT_SPACING: Final = _ranges(
    "102B-102C 1038 1062-1064 1067-106D 1083 1087-108C 108F 109A-109C 1A61 1A63-1A64 AA7B AA7D 11720-11721"
)
_SPACING: Final = _ranges("E33 EB3 1171E")
_PREPENDED: Final = _ranges(
    "600-605 6DD 70F 890-891 8E2 D4E 110BD 110CD 111C2-111C3 113D1 1193F 11941 11A84-11A89 11D46 11F02"
)
# What forms conjuncts: Indic_Conjunct_Break (DerivedCoreProperties.txt), of the linkers those that extend.
_LINKERS: Final = _ranges(
    "94D 9CD ACD B4D C4D D4D 1039 17D2 1A60 1B44 1BAB A9C0 AAF6 10A3F 11133 113D0 1193E 11A47 11A99 11F42"
)
_CONSONANTS: Final = _ranges(
    "915-939 958-95F 978-97F 995-9A8 9AA-9B0 9B2 9B6-9B9 9DC-9DD 9DF 9F0-9F1 A95-AA8 AAA-AB0 AB2-AB3 AB5-AB9 AF9 "
    "B15-B28 B2A-B30 B32-B33 B35-B39 B5C-B5D B5F B71 C15-C28 C2A-C39 C58-C5A D15-D3A 1000-102A 103F 1050-1055 "
    "105A-105D 1061 1065-1066 106E-1070 1075-1081 108E 1780-17B3 1A20-1A54 1B0B-1B0C 1B13-1B33 1B45-1B4C 1B83-1BA0 "
    "1BAE-1BAF 1BBB-1BBD A989-A98B A98F-A9B2 A9E0-A9E4 A9E7-A9EF A9FA-A9FE AA60-AA6F AA71-AA73 AA7A AA7E-AA7F "
    "AAE0-AAEA ABC0-ABDA 10A00 10A10-10A13 10A15-10A17 10A19-10A35 11103-11126 11144 11147 11380-11389 1138B 1138E "
    "11390-113B5 11900-11906 11909 1190C-11913 11915-11916 11918-1192F 11A00 11A0B-11A32 11A50 11A5C-11A83 11B0A "
    "11DF1 11F04-11F10 11F12-11F33"
)
_LEADING: Final = _ranges("1100-115F A960-A97C")
_VOWELS: Final = _ranges("1160-11A7 D7B0-D7C6 16D63 16D67-16D6A")
_TRAILING: Final = _ranges("11A8-11FF D7CB-D7FB")
_FIRST_SYLLABLE, _LAST_SYLLABLE, _TRAILING_FORMS = 0xAC00, 0xD7A3, 28
# Whatever is asked first decides; what is in no table is judged by its category.
_TABLES: Final = (
    (_ranges("D"), _Class.CR),
    (_ranges("A"), _Class.LF),
    (_ranges("200D"), _Class.ZWJ),
    (_ranges("1F1E6-1F1FF"), _Class.FLAG),
    (_LINKERS, _Class.LINKER),
    (_EXTENDING, _Class.EXTEND),
    (_CONSONANTS, _Class.CONSONANT),
    (_PREPENDED, _Class.PREPEND),
    (_SPACING, _Class.SPACING),
    (_NOT_SPACING, _Class.OTHER),
    (_PICTOGRAPHS, _Class.PICTOGRAPH),
    (_LEADING, _Class.L),
    (_VOWELS, _Class.V),
    (_TRAILING, _Class.T),
)
_CATEGORIES: Final = {
    "Mn": _Class.EXTEND,
    "Me": _Class.EXTEND,
    "Mc": _Class.SPACING,
    **dict.fromkeys(("Cc", "Cf", "Zl", "Zp", "Cs"), _Class.CONTROL),
}
_BREAKS_ALWAYS: Final = frozenset({_Class.CR, _Class.LF, _Class.CONTROL})  # GB4, GB5
_EXTENDS: Final = frozenset({_Class.EXTEND, _Class.LINKER, _Class.ZWJ, _Class.SPACING})  # GB9, GB9a
_SYLLABLES: Final = frozenset(  # GB6, GB7, GB8
    {(_Class.L, after) for after in (_Class.L, _Class.V, _Class.LV, _Class.LVT)}
    | {(before, after) for before in (_Class.LV, _Class.V) for after in (_Class.V, _Class.T)}
    | {(before, _Class.T) for before in (_Class.LVT, _Class.T)}
)


@functools.lru_cache(maxsize=4096)
def _class_of(character: str) -> _Class:
    code = ord(character)
    for bounds, found in _TABLES:
        if _is_in(code, bounds):
            return found
    if _FIRST_SYLLABLE <= code <= _LAST_SYLLABLE:
        return _Class.LVT if (code - _FIRST_SYLLABLE) % _TRAILING_FORMS else _Class.LV
    return _CATEGORIES.get(unicodedata.category(character), _Class.OTHER)


def grapheme_ends(text: str) -> Iterator[int]:
    """Where each extended grapheme cluster of ``text`` ends: ascending indices, the last of them its length.

    As far as this Python knows the characters; regional indicators pair from the left. Total, and linear.
    """
    before: _Class | None = None
    flags = 0  # regional indicators in a row, up to here
    pictograph = False  # a pictograph, and since then only what extends it (GB11)
    consonant = linked = False  # a consonant, and since then only what extends it; with a linker among it (GB9c)
    for index, character in enumerate(text):
        kind = _class_of(character)
        if before is not None and not (
            _always_joined(before, kind)
            or (before is _Class.ZWJ and pictograph and kind is _Class.PICTOGRAPH)
            or (before is _Class.FLAG and kind is _Class.FLAG and flags % 2 == 1)
            or (linked and kind is _Class.CONSONANT)
        ):
            yield index
        flags = flags + 1 if kind is _Class.FLAG else 0
        pictograph = kind is _Class.PICTOGRAPH or (pictograph and kind in _KEEP_PICTOGRAPH)
        linked = (consonant and kind is _Class.LINKER) or (linked and kind in _KEEP_CONJUNCT)
        consonant = kind is _Class.CONSONANT or (consonant and kind in _KEEP_CONJUNCT)
        before = kind
    if text:
        yield len(text)


_KEEP_PICTOGRAPH: Final = frozenset({_Class.EXTEND, _Class.LINKER, _Class.ZWJ})
_KEEP_CONJUNCT: Final = _KEEP_PICTOGRAPH


def _always_joined(before: _Class, after: _Class) -> bool:
    """Whether two classes belong together wherever they meet (GB3 to GB9b)."""
    if before in _BREAKS_ALWAYS or after in _BREAKS_ALWAYS:
        return before is _Class.CR and after is _Class.LF
    return after in _EXTENDS or before is _Class.PREPEND or (before, after) in _SYLLABLES


def graphemes(text: str) -> list[str]:
    """The extended grapheme clusters of ``text``; joined, they are the text."""
    ends = [0, *grapheme_ends(text)]
    return [text[start:end] for start, end in itertools.pairwise(ends)]


def split_text(text: str, limit: int) -> list[str]:
    """Cut ``text`` into pieces of at most ``limit`` bytes of UTF-8; joined, they are the text. ``""`` has no pieces.

    Cuts after a space where there is one in the later half of a piece, else between what readers see as characters;
    inside of those only where one alone is longer than ``limit``, which must be at least 4 (one character). A lone
    surrogate raises ``UnicodeEncodeError``.
    """
    pieces: list[str] = []
    start = size = 0
    word_end = word_size = 0  # after the last space of the present piece, and the bytes up to there
    for begin, end in itertools.pairwise([0, *grapheme_ends(text)]):
        cluster = text[begin:end]
        length = len(cluster.encode())
        if size + length > limit and size:
            cut_at_word = word_end > start and word_size * 2 >= size
            cut, carried = (word_end, size - word_size) if cut_at_word else (begin, 0)
            pieces.append(text[start:cut])
            start, size = cut, carried
            word_end = word_size = 0
            if carried and size + length > limit:  # what was carried over the word's end does not leave enough room
                pieces.append(text[start:begin])
                start, size = begin, 0
        if length > limit:
            *whole, rest = _split_characters(cluster, limit)
            pieces += whole
            start, size = end - len(rest), len(rest.encode())
            continue
        size += length
        if cluster == " ":
            word_end, word_size = end, size
    if start < len(text):
        pieces.append(text[start:])
    return pieces


def _split_characters(text: str, limit: int) -> list[str]:
    """Cut between any two characters."""
    pieces = [""]
    size = 0
    for character in text:
        length = len(character.encode())
        if size + length > limit:
            pieces.append("")
            size = 0
        pieces[-1] += character
        size += length
    return pieces
