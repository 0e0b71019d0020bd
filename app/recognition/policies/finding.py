"""One piece of advice on a policy."""

from dataclasses import dataclass

from app.recognition.policies.text import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a policy says and its author may not have meant."""

    code: str
    path: str
    """Such as ``caps[0].max``; empty for the policy as a whole."""
    line: int | None
    """Counted from 1, where there is a text to count in."""
    detail: str
    mend: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        where = f"{self.path}: " if self.path else ""
        return f"{place}{where}{self.detail} {self.mend} ({self.code})"


@dataclass(frozen=True, slots=True)
class Found:
    """A finding before its place is written out."""

    code: str
    path: Path
    detail: str
    mend: str


def found(code: str, path: Path, detail: str, mend: str) -> Found:
    """A finding at a place."""
    return Found(code, path, detail, mend)
