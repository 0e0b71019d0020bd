"""What goes over the wire: what is asked to be looked at, and what came of it."""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from app.harvest.inspecting.looking import LONGEST_URL, Looked
from app.harvest.inspecting.model import Cut, Finding, Group, Inspection, Stop, Verdict
from app.harvest.quality import Quality
from connectors.contract import Deletions


class FeedIn(BaseModel):
    """A feed at an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: StrictStr = Field(
        max_length=LONGEST_URL,
        description="Where the feed is, at a public address.",
        examples=["https://society.example/courses.csv"],
    )
    connector: StrictStr = Field(
        "",
        max_length=64,
        description="The name of the connector that reads it; empty to find the format out.",
        examples=["table"],
    )
    config: dict[str, Any] = Field(
        default_factory=dict,
        description="More settings of the connector, as its `Config` has them.",
    )


class FindingOut(BaseModel):
    """One thing wrong in one place."""

    record: str | None = Field(description="The item's id; null for the feed as a whole.")
    path: str = Field(description="Where in the course, such as `credits[0].unit`.")
    place: str | None = Field(description="What the source calls it, such as a column's header.")
    line: int | None = Field(description="Where the item begins in its file, or its row.")
    value: str | None
    message: str
    mend: str | None

    @classmethod
    def of(cls, one: Finding) -> "FindingOut":
        return cls(
            record=one.record,
            path=one.path,
            place=one.place,
            line=one.line,
            value=one.value,
            message=one.message,
            mend=one.mend,
        )


class GroupOut(BaseModel):
    """All findings of one code; the first of them are shown."""

    severity: str
    code: str
    count: int = Field(description="Of all findings with this code.")
    records: int = Field(description="How many items have at least one.")
    findings: list[FindingOut]

    @classmethod
    def of(cls, group: Group) -> "GroupOut":
        return cls(
            severity=group.severity.value,
            code=group.code,
            count=group.count,
            records=group.records,
            findings=list(map(FindingOut.of, group.findings)),
        )


class PreviewOut(BaseModel):
    """One course as it would be taken."""

    record: str
    line: int | None
    title: str
    raw: str = Field(description="What the source gave, as JSON; cut when it is very long.")
    course: dict[str, Any] = Field(description="The course as the catalogue would keep it.")
    quality: int
    missing: list[str]


class TallyOut(BaseModel):
    """`seen` is `taken` and `rejected` and `gone` together."""

    seen: int
    taken: int
    rejected: int
    warned: int
    gone: int
    repeated: int
    pages: int
    bytes: int
    requests: int


class QualityOut(BaseModel):
    """How much the courses tell their readers, 0 to 100."""

    courses: int
    mean: int | None
    bands: list[int] = Field(description="How many courses have 0 to 9, 10 to 19, ... 90 to 100.")
    missing: dict[str, int] = Field(description="Of how many courses a field is missing.")

    @classmethod
    def of(cls, one: Quality) -> "QualityOut":
        return cls(
            courses=one.courses, mean=one.mean, bands=list(one.bands), missing=dict(one.missing)
        )


class StopOut(BaseModel):
    """Why the feed could not be read to its end."""

    code: str
    message: str
    mend: str

    @classmethod
    def of(cls, one: Stop) -> "StopOut":
        return cls(code=one.code, message=one.message, mend=one.mend)


class LookedOut(BaseModel):
    """What came of a look at a feed; nothing of it was stored."""

    verdict: Verdict
    connector: str
    format: str | None = Field(description="What the feed was found to be, if that was asked.")
    why: str = Field(description="How it was found out.")
    counters: TallyOut
    expected: int | None = Field(description="How many items the source says it has.")
    complete: bool = Field(description="Whether the source said that its list had ended.")
    deletions: Deletions = Field(description="What it means that a course is absent.")
    cut: Cut | None = Field(description="Which bound ended the look before the feed ended.")
    stop: StopOut | None
    codes: list[GroupOut]
    quality: QualityOut
    preview: list[PreviewOut]

    @classmethod
    def of(cls, looked: Looked) -> "LookedOut":
        return cls(
            connector=looked.connector,
            format=looked.format.value if looked.format else None,
            why=looked.why,
            **_told(looked.inspection),
        )


def _told(found: Inspection) -> dict[str, Any]:
    return {
        "verdict": found.verdict,
        "counters": TallyOut(**asdict(found.counters)),
        "expected": found.expected,
        "complete": found.complete,
        "deletions": Deletions(found.deletions),
        "cut": found.cut,
        "stop": StopOut.of(found.stop) if found.stop else None,
        "codes": list(map(GroupOut.of, found.groups)),
        "quality": QualityOut.of(found.quality),
        "preview": [
            PreviewOut(
                record=one.record,
                line=one.line,
                title=one.title,
                raw=one.raw,
                course=dict(one.course),
                quality=one.quality,
                missing=list(one.missing),
            )
            for one in found.preview
        ],
    }
