"""How much a reader is told of a course: 0 to 100, and what is missing for 100.

A plain sum, so that a source's owner can see how to raise it; what was only recognised in the texts
adds nothing. It judges the entry, not the course.
"""

from collections.abc import Callable

from app.catalogue import languages, texts
from app.catalogue.model import CourseData, Delivery

_LONG_ENOUGH = 200


_LONGEST_TAG, _LONGEST_ENTITY = 16, 8
"""Of a cleaned text without links, with the spaces that an element may have on either side."""


def _is_described(data: CourseData) -> bool:
    return any(_is_long(text) for text in data.description.values())


def _is_long(rich_text: str) -> bool:
    """Whether its words are long enough; mostly that can be told without taking them out."""
    if len(rich_text) < _LONG_ENOUGH:
        return False
    if "<a" not in rich_text and "  " not in rich_text and rich_text.isprintable():
        marks = rich_text.count("<") * _LONGEST_TAG + rich_text.count("&") * _LONGEST_ENTITY
        if len(rich_text) - marks >= _LONG_ENOUGH:
            return True
    return len(texts.plain(rich_text)) >= _LONG_ENOUGH


def _can_be_taken(data: CourseData) -> bool:
    """A dated run, or a course that anybody may begin at any time."""
    anytime = {Delivery.ONLINE_ASYNC, Delivery.SELF_STUDY} & set(data.delivery)
    return bool(anytime) or any(run.start for run in data.runs)


def _states_its_language(data: CourseData) -> bool:
    guessed = any(one.field == "metadata_language" for one in data.recognised)
    return data.metadata_language not in {None, languages.UNKNOWN} and not guessed


_CHECKS: tuple[tuple[str, int, Callable[[CourseData], bool]], ...] = (
    ("title", 10, lambda data: bool(data.title)),
    ("description", 15, _is_described),
    ("metadata_language", 5, _states_its_language),
    ("teaching_languages", 10, lambda data: bool(data.teaching_languages)),
    ("url", 15, lambda data: data.url is not None),
    ("runs", 10, _can_be_taken),
    ("duration", 10, lambda data: bool(data.duration or data.effort)),
    ("credits", 15, lambda data: any(credit.unit for credit in data.credits)),
    ("fields", 5, lambda data: bool(data.fields)),
    ("licence", 5, lambda data: data.licence is not None),
)


NAMES = frozenset(name for name, _, _ in _CHECKS)
"""What may be missing."""


def score(data: CourseData) -> tuple[int, tuple[str, ...]]:
    """The points and the names of the fields without theirs."""
    missing = tuple(name for name, _, passes in _CHECKS if not passes(data))
    return 100 - sum(points for name, points, _ in _CHECKS if name in missing), missing
