"""What goes over the wire: a society's sources, their runs and issues, as programs see them."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from app.harvest.inspecting.wire import QualityOut
from app.harvest.model import Failure, ItemIssue, Mode, NewSource, Run, RunState, Source, Window
from app.harvest.owning.model import LONGEST_NAME, Changes, Health
from app.harvest.telling.model import Summary

_CONFIG = (
    "The connector's settings. A secret is shown as `••••`; sent back like that it stays as it is."
)
_EVERY = "Hours between two runs; null when it is only run when asked for."


class WindowModel(BaseModel):
    """The time of day in which runs may begin; it may go past midnight."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    opens: StrictStr = Field(max_length=5, examples=["02:00"])
    closes: StrictStr = Field(max_length=5, examples=["05:00"])
    timezone: StrictStr = Field("UTC", max_length=64, examples=["Asia/Shanghai"])

    def value(self) -> Window:
        """The same as a value."""
        return Window(self.opens, self.closes, self.timezone)

    @classmethod
    def of(cls, one: Window | None) -> "WindowModel | None":
        if one is None:
            return None
        return cls(opens=one.opens, closes=one.closes, timezone=one.timezone)


class SourceIn(BaseModel):
    """A source to be entered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector: StrictStr = Field(max_length=64, examples=["table"])
    config: dict[str, Any] = Field(
        description=_CONFIG, examples=[{"url": "https://society.example/courses.csv"}]
    )
    name: StrictStr = Field("", max_length=LONGEST_NAME)
    id: StrictStr | None = Field(
        None, max_length=36, description="A short name of a-z, 0-9 and hyphens; made if absent."
    )
    every_hours: StrictInt | None = Field(24, ge=1, le=8784, description=_EVERY)
    window: WindowModel | None = None

    def new(self, society_id: str) -> NewSource:
        """The same as a value."""
        return NewSource(
            society_id,
            self.connector,
            self.config,
            name=self.name.strip(),
            id=self.id,
            every_hours=self.every_hours,
            window=self.window.value() if self.window else None,
        )


class SourceChangesIn(BaseModel):
    """A source as it is to be; its connector stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: StrictStr = Field(max_length=LONGEST_NAME)
    config: dict[str, Any] = Field(description=_CONFIG)
    every_hours: StrictInt | None = Field(ge=1, le=8784, description=_EVERY)
    window: WindowModel | None = None

    def changes(self) -> Changes:
        """The same as a value."""
        window = self.window.value() if self.window else None
        return Changes(self.name, self.config, self.every_hours, window)


class RunIn(BaseModel):
    """A run that is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = Field(Mode.HARVEST, description="What is to be read.")


class SourceOut(BaseModel):
    """A source as it stands."""

    id: str
    society: str
    name: str
    connector: str
    config: dict[str, Any] = Field(description=_CONFIG)
    every_hours: int | None = Field(description=_EVERY)
    window: WindowModel | None
    paused: bool
    failures: int = Field(description="How many of its runs failed, one after the other.")
    next_due_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, one: Source, shown: dict[str, Any]) -> "SourceOut":
        return cls(**_source(one, shown))


class SourceHealthOut(SourceOut):
    """A source and how it does."""

    live: int = Field(description="Items that stand for a course.")
    errors: int = Field(description="Open errors of its items.")
    last_run: "RunOut | None"
    quality: QualityOut | None = Field(description="As of the last run that was summed up.")
    trend: int | None = Field(description="By how many points the mean changed with that run.")
    being_removed: bool

    @classmethod
    def telling(cls, one: Health, shown: dict[str, Any]) -> "SourceHealthOut":
        return cls(
            **_source(one.source, shown),
            live=one.live,
            errors=one.errors,
            last_run=RunOut.of(one.last) if one.last else None,
            quality=QualityOut.of(one.latest.quality) if one.latest else None,
            trend=one.trend,
            being_removed=one.going,
        )


class SourcePage(BaseModel):
    """A society's sources, by id."""

    items: list[SourceHealthOut]
    next_cursor: str | None


class RunOut(BaseModel):
    """One run of a source. `seen` is `new`, `changed`, `unchanged`, `rejected` and `tombstone`."""

    id: str
    source: str
    mode: Mode
    state: RunState
    asked_by: str = Field(description="A person, a program or the schedule.")
    counters: dict[str, int]
    expected: int | None
    complete: bool
    failure: Failure | None
    message: str | None
    vanishing: int = Field(description="How many courses a held run would withdraw.")
    started_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, one: Run) -> "RunOut":
        return cls(
            id=one.id,
            source=one.source_id,
            mode=one.mode,
            state=one.state,
            asked_by=one.asked_by.partition(":")[0],
            counters=asdict(one.counters),
            expected=one.expected,
            complete=one.complete,
            failure=one.failure,
            message=one.message,
            vanishing=one.vanishing,
            started_at=one.started_at,
            finished_at=one.finished_at,
        )


class CodeOut(BaseModel):
    """How often one code stood open after a run."""

    severity: str
    code: str
    count: int
    mend: str | None


class RunDetailsOut(RunOut):
    """A run with what it left behind; that is summed up shortly after its end."""

    quality: QualityOut | None
    codes: list[CodeOut]

    @classmethod
    def with_summary(cls, one: Run, summary: Summary | None) -> "RunDetailsOut":
        codes = summary.codes if summary else ()
        return cls(
            **RunOut.of(one).model_dump(),
            quality=QualityOut.of(summary.quality) if summary else None,
            codes=[
                CodeOut(severity=c.severity, code=c.code, count=c.count, mend=c.hint) for c in codes
            ],
        )


class RunPage(BaseModel):
    """A source's runs, the newest first."""

    items: list[RunOut]
    next_cursor: str | None


class SourceIssueOut(BaseModel):
    """Something that stands wrong with one item, or with the last run."""

    record: str | None = Field(description="The item's id; null for the run as a whole.")
    severity: str
    code: str
    path: str
    value: str | None
    message: str
    mend: str | None
    run: str = Field(description="The run that found it.")

    @classmethod
    def of(cls, one: ItemIssue) -> "SourceIssueOut":
        return cls(
            record=one.remote_id,
            severity=one.severity,
            code=one.code,
            path=one.path,
            value=one.value,
            message=one.message,
            mend=one.hint,
            run=one.run_id,
        )


class SourceIssuePage(BaseModel):
    """Open issues, as they were found."""

    items: list[SourceIssueOut]
    next_cursor: str | None


def _source(one: Source, shown: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one.id,
        "society": one.society_id,
        "name": one.name,
        "connector": one.connector,
        "config": shown,
        "every_hours": one.every_hours,
        "window": WindowModel.of(one.window),
        "paused": one.paused,
        "failures": one.failures,
        "next_due_at": one.next_due_at,
        "created_at": one.created_at,
    }
