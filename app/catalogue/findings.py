"""What a check found wrong with one item: coded issues, each naming the place and the mend.

Codes are stable: a feed's owner may rely on them. The list is short; the path says where.
"""

from dataclasses import dataclass, field

from app.catalogue.model import Issue, Severity

MAX_ISSUES = 100
"""Per item; a hostile item must not fill the table of issues."""

_SHOWN = 200


@dataclass(slots=True)
class Findings:
    """The issues of one item, in the order they were found."""

    issues: list[Issue] = field(default_factory=list)

    def error(
        self, code: str, *, path: str, message: str, value: object = None, hint: str | None = None
    ) -> None:
        """The item cannot be a course."""
        self._add(Issue(code, Severity.ERROR, path, message, _shown(value), hint))

    def warn(
        self, code: str, *, path: str, message: str, value: object = None, hint: str | None = None
    ) -> None:
        """Something was mended, guessed or left out."""
        self._add(Issue(code, Severity.WARNING, path, message, _shown(value), hint))

    def _add(self, issue: Issue) -> None:
        if len(self.issues) < MAX_ISSUES:
            self.issues.append(issue)


def _shown(value: object) -> str | None:
    """The offending value, short enough to show and safe to store anywhere."""
    if value is None:
        return None
    text = str(value)[: _SHOWN * 2]
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)[:_SHOWN]
