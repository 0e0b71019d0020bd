"""The IEA's professional competences EC1 to EC13, only where a text names them by their codes.

"EC2" is also Eurocode 2, a cloud service and half of a regulation's number, so that a code counts
only where the words around it speak of competences. What a text is about is never turned into a
competence, and the graduate attributes WA1 to WA11 are not: none of them equals one of these.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_TEXT = 20_000
MAX_CODES = 60
_AROUND = 120
_CODE = re.compile(
    r"(?<![\w-])EC[ -]?(?P<first>1[0-3]|[1-9])(?!\w|\.\d)"
    r"(?: ?(?:-|–|—|to|bis|à|a|до|至) ?(?:EC[ -]?)?(?P<last>1[0-3]|[2-9])(?!\w|\.\d))?"
)
_COMPETENCE = re.compile(
    r"competenc|kompetenz|compétence|competencia|компетенц|胜任|能力|كفاء|کفاء|"
    r"International Engineering Alliance|\bI?IEA\b|\bIPEA\b|professional engineer",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    r"Eurocod|EN ?199\d|\bAWS\b|Amazon|\bcloud\b|enzyme|directive|regulation \(?EC|concrete design",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A competence and where the text names it."""

    code: str
    start: int
    end: int


def find(text: str) -> Iterator[Found]:
    """The competences that ``text`` names, in its order."""
    if "EC" not in text:
        return
    text = text[:MAX_TEXT]
    for n, match in enumerate(_CODE.finditer(text)):
        if n == MAX_CODES:
            return
        around = text[max(0, match.start() - _AROUND) : match.end() + _AROUND]
        if _OTHERWISE.search(around) or not _COMPETENCE.search(around):
            continue
        first = int(match["first"])
        last = int(match["last"] or first)
        for number in range(first, last + 1):
            yield Found(f"EC{number}", match.start(), match.end())
