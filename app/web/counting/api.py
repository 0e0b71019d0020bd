"""What activities would count for, for programs: the calculator, and one course.

Open to anybody: it says what the rules say of facts, and keeps nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from app.catalogue import service as catalogue
from app.identity.access import Guard
from app.platform.db import Database
from app.recognition.offering import bodies, service
from app.recognition.offering.entering import MEASURES, Entered, planned
from app.recognition.offering.model import Body, Counting
from app.web.counting.mine import with_outlook
from app.web.counting.reckoning import as_plain, decimal_of
from app.web.counting.words import RuleWords

SUPPOSED = (
    "Reckoned as though a good record of it were there, held by a registrant who has used no cap. "
    "The registry decides, once it has the record."
)
CourseId = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,64}$")]
_Words = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=20)]


class PlannedIn(BaseModel):
    """A planned activity. Leave out what is not known."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field("", max_length=40, description="As in a record: `course`, `webinar_live` ...")
    mode: str = Field("", max_length=40, description="As in a record: `onsite`, `online-live` ...")
    measures: dict[str, str] = Field(
        {}, max_length=10, description=f"Amounts as decimals, of {', '.join(MEASURES)}."
    )
    assessed: bool | None = None
    tags: _Words = []
    competences: _Words = Field([], description="`EC1` to `EC13`.")
    languages: _Words = Field([], description="BCP 47.")
    society: str = Field("", max_length=63, description="Id of the society that would issue.")
    on: str = Field("", max_length=10, description="Day of completion; else today.")
    registries: list[str] = Field(
        [], max_length=5, description="Whom to ask; else every registry with rules of its own."
    )


class NeedOut(BaseModel):
    what: str
    values: list[str]
    said: str


class AmountOut(BaseModel):
    amount: str = Field(description="Exact, as a fraction.")
    decimal: str


class WayOut(BaseModel):
    """What one way of taking it would count for."""

    mode: str | None
    outcome: str
    amount: str | None = None
    decimal: str | None = None
    unit: str | None = None
    category: str | None = None
    rule: str | None = None
    line: str | None = Field(None, description="The line of the table in words.")
    reasons: list[str] = []
    said: list[str] = Field([], description="The reasons in words.")
    policy: str
    version: int
    hash: str


class CountingOut(BaseModel):
    """What it would count for in one registry."""

    registry: str
    name: str
    authority: Literal["adopted", "illustrative"] = Field(
        description="Whether the registry adopted the rules, or they are published rules of a body "
        "as this software reads them, which the body has not adopted."
    )
    doubtful: bool = Field(
        description="What is kept as adopted is not what the registry signed: nothing is reckoned."
    )
    ways: list[WayOut] = Field(
        description="The least favourable way of taking it first; empty without rules in force."
    )
    needs: list[NeedOut] = Field(description="What stands in the way and could be supplied.")
    then: AmountOut | None = Field(description="What it would count with all of that.")


class CountingsOut(BaseModel):
    supposed: str = Field(description="What every result rests on.")
    items: list[CountingOut]


def build_router(
    *, database: Database, guard: Guard, words: RuleWords, now: Callable[[], datetime]
) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["recognition"], dependencies=[Depends(guard.public)])

    @router.post("/calculator")
    def calculate(asked: PlannedIn) -> CountingsOut:
        """What a planned activity would count for, and what is missing for it to be accepted."""
        with database.read() as session:
            whom = _whom(bodies.find(session, asked.registries), bodies.registries(session))
            activity = planned(session, _entered(asked))
            found = service.count_planned(session, activity, whom, on=now().date())
        return _shown(found, words)

    @router.get("/courses/{course_id}/counts-for")
    def course(
        course_id: CourseId, registry: Annotated[list[str] | None, Query(max_length=5)] = None
    ) -> CountingsOut:
        """What a course of the catalogue would count for in each registry."""
        with database.read() as session:
            whom = _whom(
                bodies.find(session, registry or (), pointer="registry"), bodies.registries(session)
            )
            one = catalogue.get_course(session, course_id)
            found = service.counts_for(session, one, whom, on=now().date())
        return _shown(found, words)

    return router


def _whom(asked: Sequence[Body], everybody: Sequence[Body]) -> Sequence[Body]:
    return asked or everybody


def _entered(asked: PlannedIn) -> Entered:
    answers = {None: "", True: "yes", False: "no"}
    return Entered(
        kind=asked.kind,
        mode=asked.mode,
        measures=asked.measures,
        assessed=answers[asked.assessed],
        tags=asked.tags,
        competences=asked.competences,
        languages=asked.languages,
        society=asked.society,
        on=asked.on,
    )


def _shown(found: Sequence[Counting], words: RuleWords) -> CountingsOut:
    return CountingsOut(supposed=SUPPOSED, items=[_one(counting, words) for counting in found])


def _one(counting: Counting, words: RuleWords) -> CountingOut:
    outlook = with_outlook(counting).outlook
    then = outlook.then.credited if outlook and outlook.needs and outlook.then else None
    return CountingOut(
        registry=counting.body.id,
        name=counting.body.name,
        authority="adopted" if counting.body.grade == "adopted" else "illustrative",
        doubtful=counting.doubtful,
        ways=[
            WayOut(
                mode=way.facts.mode,
                outcome=str(way.decision.outcome),
                said=words.reasons(way.decision),
                **as_plain(way, words),
            )
            for way in counting.ways
        ],
        needs=[
            NeedOut(what=need.what, values=list(need.values), said=words.need(need))
            for need in (outlook.needs if outlook else ())
        ],
        then=_amount(then),
    )


def _amount(value: Fraction | None) -> AmountOut | None:
    return None if value is None else AmountOut(amount=str(value), decimal=decimal_of(value))
