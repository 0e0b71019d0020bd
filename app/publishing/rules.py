"""Pure decisions of publishing: conditions, what counts as a change, how much is too much."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.catalogue import rules as catalogue
from app.catalogue.document import digest as digest_of
from app.catalogue.model import Issue, Severity
from app.platform.problems import Conflict, DomainError, FieldProblem, Invalid
from app.publishing.model import Conditions, Document, Outcome, Pushed

LONGEST_ID = 500
MOST_ISSUES = 20
"""Of one course; a reader mends these first."""


class PreconditionFailed(DomainError):
    """The course is not in the state that the caller believes it in."""

    code = "precondition-failed"
    status = 412


class CourseRejected(Invalid):
    """The course can be read and cannot be listed; each error names its field and mend."""

    code = "course-rejected"

    def __init__(self, issues: Sequence[Issue]) -> None:
        fields = [
            FieldProblem(
                pointer(one.path), one.code, " ".join(filter(None, (one.message, one.hint)))
            )
            for one in issues
            if one.severity is Severity.ERROR
        ]
        super().__init__(
            "The course cannot be listed as it is; nothing was changed.", fields=fields
        )
        self.issues = tuple(issues)


class QuotaReached(Conflict):
    """The society has as many live courses as this node keeps for it."""

    code = "course-quota-reached"
    status = 403

    def __init__(self, most: int) -> None:
        super().__init__(
            f"The society has {most} live pushed courses, which is as many as this node keeps for "
            "one (OPENCPD_PUBLISHED_COURSES); withdraw some, or ask the node's operator for more."
        )


def sound_id(text: str) -> bool:
    """Whether a text may be a society's own id of a course: what prints, and is not mere space."""
    return 0 < len(text) <= LONGEST_ID and text.isprintable() and text == text.strip()


def digest(document: Document) -> str:
    """What tells one version of a course from another; another way of checking makes it anew."""
    return digest_of(dict(document), catalogue.NORMALISER)


def demand(conditions: Conditions, known: Pushed | None, *, digest: str | None = None) -> None:
    """Raise ``PreconditionFailed`` unless the conditions hold (RFC 9110 §13.1).

    ``digest`` is of what is to be there afterwards. When that is there already, ``If-Match`` holds
    (§13.1.1): it was this caller's own change of which he did not get the answer, or it is one.
    """
    current = known if known is not None and known.live else None
    unwanted = conditions.if_none_match
    if unwanted is not None and current is not None and names(unwanted, current):
        raise PreconditionFailed("The course is there already.", headers={"ETag": current.etag})
    if conditions.if_match is None:
        return
    if current is None:
        raise PreconditionFailed("The course is not there, so it has no version to match.")
    listed = _tags(conditions.if_match, strong=True)
    if "*" in listed or current.etag in listed or current.digest == digest:
        return
    raise PreconditionFailed(
        "The course has changed since; read it again, then change what is there now.",
        headers={"ETag": current.etag},
    )


def names(if_none_match: str, pushed: Pushed) -> bool:
    """Whether the header names this version; weak comparison (RFC 9110 §13.1.2)."""
    listed = _tags(if_none_match)
    return "*" in listed or pushed.etag in listed


def outcome_of(known: Pushed | None, *, digest: str) -> Outcome:
    """What pushing a course with this digest will do."""
    if known is None or not known.live:
        return Outcome.NEW
    return Outcome.UNCHANGED if known.digest == digest else Outcome.CHANGED


def untrusted(document: Document) -> Mapping[str, Any]:
    """The document in the field names that ``catalogue.rules.check`` and connectors share."""
    made = dict(document)
    if "identifiers" in made:
        made["identifiers"] = [[one["scheme"], one["value"]] for one in made["identifiers"]]
    if "runs" in made:
        made["runs"] = [
            {"source_id" if name == "id" else name: value for name, value in run.items()}
            for run in made["runs"]
        ]
    return made


def fewer(issues: Sequence[Issue]) -> tuple[Issue, ...]:
    """The first issues, errors before warnings, and a word on how many more there are."""
    if len(issues) <= MOST_ISSUES:
        return tuple(issues)
    first = sorted(issues, key=lambda one: one.severity is not Severity.ERROR)[:MOST_ISSUES]
    more = Issue(
        "W-MORE-ISSUES", Severity.WARNING, "", f"{len(issues) - MOST_ISSUES} more are not listed.",
        hint="Mend these first.",
    )  # fmt: skip
    return (*first, more)


def title_of(document: Document) -> str:
    """One title to show in a list."""
    return str(next(iter(document.get("title", {}).values()), ""))


def pointer(path: str) -> str:
    """``credits[0].unit`` as a JSON pointer (RFC 6901)."""
    parts = [part for part in re.split(r"[.\[\]]+", path) if part]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _tags(header: str, *, strong: bool = False) -> set[str]:
    """The entity tags of a header. One without its quotes is taken as it was meant."""
    made = set()
    for one in header.split(","):
        tag = one.strip()
        if tag.startswith("W/"):
            if strong:  # a weak one never matches strongly (RFC 9110 §8.8.3.2)
                continue
            tag = tag[2:]
        made.add(tag if tag == "*" or tag.startswith('"') else f'"{tag}"')
    return made
