"""How samples, numbers and letters look over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from pydantic import BaseModel, ConfigDict, Field

from app.recognition.office.letters.content import Part
from app.recognition.office.letters.service import Letter
from app.recognition.office.samples.model import Sample
from app.recognition.office.statistics.hiding import Line
from app.recognition.office.statistics.service import By, Numbers


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SampleIn(_In):
    """A sample to announce."""

    percent: str = Field(
        max_length=10, description="1 to 5, to a tenth of a per cent.", examples=["2.5"]
    )
    public_source: str = Field(
        "",
        max_length=500,
        description="Which public figure of a later day will go into the seed. Without one, "
        "nobody can be sure that the registry did not try many secrets.",
        examples=["The numbers of the national lottery on 1 December 2026"],
    )


class FigureIn(_In):
    """What the draw needs."""

    public_value: str = Field(
        "", max_length=500, description="The figure that was announced, as it came out."
    )


class PublishedSampleOut(BaseModel):
    """A sample as anybody may see it: nobody's id is in it."""

    id: str
    number: int = Field(description="The registry's first is 1; none can be left out unnoticed.")
    share: str = Field(description="An exact fraction.", examples=["1/40"])
    population: int = Field(description="How many registrants are on the list.")
    size: int = Field(description="How many are drawn.")
    commitment: str = Field(description="SHA-256 of the secret's 32 bytes, in hexadecimal.")
    public_source: str
    list_hash: str = Field(
        description="SHA-256 of the sorted ids of registrants, each with a line feed after it."
    )
    announced_at: datetime
    secret: str | None = Field(description="In hexadecimal; given with the draw.")
    public_value: str | None
    seed: str | None = Field(
        description="SHA-256 of secret, colon and public figure, in hexadecimal. A registrant's "
        "rank is the SHA-256 of seed, colon and id, in hexadecimal; the lowest ranks are drawn."
    )
    drawn_at: datetime | None

    @classmethod
    def seen(cls, one: Sample) -> "PublishedSampleOut":
        return cls(**_seen(one))


class SampleOut(PublishedSampleOut):
    """A sample as its registry sees it."""

    announced_by: str
    drawn_by: str | None
    chosen: Sequence[str] = Field(description="Ids of registrants, the lowest rank first.")

    @classmethod
    def told(cls, one: Sample) -> "SampleOut":
        return cls(
            **_seen(one),
            announced_by=one.announced_by,
            drawn_by=one.drawn_by,
            chosen=list(one.chosen),
        )


def _seen(one: Sample) -> Mapping[str, object]:
    return {
        "id": one.id,
        "number": one.number,
        "share": str(one.share),
        "population": one.population,
        "size": one.size,
        "commitment": one.commitment,
        "public_source": one.public_source,
        "list_hash": one.list_hash,
        "announced_at": one.announced_at,
        "secret": one.secret,
        "public_value": one.public_value,
        "seed": one.seed,
        "drawn_at": one.drawn_at,
    }


class SamplePage(BaseModel):
    """Samples, newest first."""

    items: Sequence[SampleOut]
    next_cursor: str | None


class PublishedSamplePage(BaseModel):
    """Samples as anybody may see them, newest first."""

    items: Sequence[PublishedSampleOut]
    next_cursor: str | None


class CountOut(BaseModel):
    """One count."""

    name: str
    label: str | None = Field(description="What an issuer is called, where that is known.")
    count: int | None = Field(description="`null` where it is hidden.")


class LineOut(BaseModel):
    """The counts of one thing, and how many they are together."""

    counts: Sequence[CountOut]
    total: int | None

    @classmethod
    def told(cls, line: Line, names: Mapping[str, str]) -> "LineOut":
        pairs = zip(line.names, line.counts, strict=True)
        counts = [CountOut(name=name, label=names.get(name), count=n) for name, n in pairs]
        return cls(counts=counts, total=line.total)


class NumbersOut(BaseModel):
    """A registry's numbers, without small counts."""

    totals: Mapping[By, LineOut]
    rows: By
    columns: By
    row_totals: LineOut
    column_totals: LineOut
    cells: Sequence[Sequence[int | None]] | None = Field(
        description="By row and column; `null` where a count is hidden, and as a whole where "
        "nothing could be shown without giving a small count away."
    )

    @classmethod
    def told(cls, numbers: Numbers) -> "NumbersOut":
        names, table = numbers.names, numbers.table
        return cls(
            totals={by: LineOut.told(line, names) for by, line in numbers.totals.items()},
            rows=numbers.rows,
            columns=numbers.columns,
            row_totals=LineOut.told(table.rows, names),
            column_totals=LineOut.told(table.columns, names),
            cells=table.cells,
        )


class FactOut(BaseModel):
    """One line of a letter's head."""

    name: str
    value: str


class PartOut(BaseModel):
    """The letter in one language."""

    language: str
    direction: str
    title: str
    facts: Sequence[FactOut]
    told: str
    reasons: Sequence[str]
    after: Sequence[str]
    steps: Sequence[FactOut] = Field(description="Each gate, and what it found.")
    rights: Sequence[str]

    @classmethod
    def of(cls, one: Part) -> "PartOut":
        return cls(
            language=one.language.tag,
            direction=one.language.direction,
            title=one.title,
            facts=[FactOut(name=name, value=value) for name, value in one.facts],
            told=one.told,
            reasons=list(one.reasons),
            after=list(one.after),
            steps=[FactOut(name=gate, value=said) for gate, said in one.steps],
            rights=list(one.rights),
        )


class LetterOut(BaseModel):
    """The letter about a decision."""

    decision: str
    credited: str | None = Field(description="An exact fraction.", examples=["8/5"])
    parts: Sequence[PartOut]

    @classmethod
    def told(cls, made: Letter) -> "LetterOut":
        credited: Fraction | None = made.matter.decision.decision.credited
        return cls(
            decision=made.matter.decision.id,
            credited=None if credited is None else str(credited),
            parts=[PartOut.of(one) for one in made.parts],
        )
