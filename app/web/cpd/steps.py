"""The steps of a path, to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.recognition.planning.outlook import Outlook, Proposed
from app.web.cpd.saying import Saying
from app.web.cpd.showing import served_name
from app.web.wording import Text, best


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and what it is good for."""

    course_id: str | None
    title: Text
    day: date | None
    """``None``: at any time until the last day."""
    duration: str
    credited: str
    serves: tuple[str, ...]
    free: bool


def steps(part: Proposed, look: Outlook, say: Saying, languages: Sequence[str]) -> list[Step]:
    """What a proposal says to do."""
    cycle, unit = look.view.policy.cycle, look.view.policy.unit
    made = []
    for taken in part.path.taken:
        option = taken.option
        course = part.courses.get(option.activity)
        if course is not None:
            title = best(course.title, languages) or Text(option.activity, "")
        else:
            title = Text(_open_title(part, option.id, say), say.tag)
        made.append(
            Step(
                course_id=course.course_id if course else None,
                title=title,
                day=option.day if course and course.next_start else None,
                duration=say.minutes(option.minutes),
                credited=" ".join(filter(None, (say.amount(taken.credited), unit))),
                serves=tuple(served_name(one, cycle, say) for one in taken.serves),
                free=course is not None and course.price_free,
            )
        )
    return made


def _open_title(part: Proposed, option_id: str, say: Saying) -> str:
    activity = part.open[option_id]
    named = [
        say.name("kind", activity.kind),
        say.name("mode", activity.mode),
        say.name("tag", activity.tag),
    ]
    return ", ".join(dict.fromkeys(filter(None, named)))
