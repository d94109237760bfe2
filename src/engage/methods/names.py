"""Names that an older register kept as one text."""

import re
from dataclasses import dataclass

from engage.methods.births import NeedsJudgement


@dataclass(frozen=True)
class LegacyName:
    """Capitals are kept as sent: turning them back (MacDonald, van Dijk) would be a guess."""

    surname: str
    forenames: str
    known_as: str | None


_QUOTED = re.compile(r"[\"“”](?P<double>[^\"“”]*)[\"“”]|(?:(?<=\s)|^)['‘](?P<single>[^'‘’]+)['’](?=\s|,|$)")
_WORD_OF_A_NAME = re.compile(r"[^\W\d_]+(?:['’\-.][^\W\d_]+)*['’.]?")
_NOT_PART_OF_A_NAME = re.compile(
    "dr|miss|mr|mrs|ms|master|aka|alias|known|nee|née|new|prev|previously|and|also|or|no|not|unk|unknown"
    "|baby|boy|girl|child|male|female|sibling|twin",
    re.IGNORECASE,
)


def read_legacy_name(text: str) -> LegacyName:
    """Read `SURNAME, Forename "Nickname"` or `Forename Surname`.

    Without a comma only two words, or one run of capitals at either end, tell surname from forenames.
    Raises NeedsJudgement for everything else.
    """
    nicknames = [(found["double"] or found["single"] or "").strip() for found in _QUOTED.finditer(text)]
    if len(nicknames) > 1 or nicknames == [""]:
        raise NeedsJudgement("The nickname cannot be told from the name.")
    rest = _QUOTED.sub(" ", text)
    surname, forenames = _split_at_comma(rest) if "," in rest else _split_words(rest.split())
    _refuse_what_is_no_name(f"{surname} {forenames} {' '.join(nicknames)}".split())
    return LegacyName(surname, forenames, nicknames[0] if nicknames else None)


def _split_at_comma(text: str) -> tuple[str, str]:
    surname, *others = (" ".join(part.split()) for part in text.split(","))
    if len(others) != 1 or not surname or not others[0]:
        raise NeedsJudgement("One comma must stand between the surname and the forenames.")
    return surname, others[0]


def _split_words(words: list[str]) -> tuple[str, str]:
    if len(words) < 2:
        raise NeedsJudgement("The name has one part only: is it the surname or a forename?")
    capitals = [len(word) > 1 and word.isupper() for word in words]
    if any(capitals) and not all(capitals):
        run = capitals.count(True)
        if all(capitals[-run:]):
            return " ".join(words[-run:]), " ".join(words[:-run])
        if all(capitals[:run]):
            return " ".join(words[:run]), " ".join(words[run:])
        raise NeedsJudgement("The capitals do not tell which part is the surname.")
    if len(words) > 2:
        raise NeedsJudgement("The name has more than two parts: which of them are the surname?")
    return words[1], words[0]


def _refuse_what_is_no_name(words: list[str]) -> None:
    for word in words:
        if not _WORD_OF_A_NAME.fullmatch(word) or _NOT_PART_OF_A_NAME.fullmatch(word.strip(".")):
            raise NeedsJudgement("The text holds more than a name.")
