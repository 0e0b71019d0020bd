"""Use cases: the letter about a decision, as a page or to print.

The two languages are the registrant's and the registry's, unless others are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity import service as identity
from app.platform.problems import FieldProblem, Invalid, NotFound
from app.recognition.adoption import service as adoption
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.deciding import words
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import DecisionMade
from app.recognition.office.letters.content import Matter, Part, part, values
from app.recognition.office.press import OfficePress
from app.recognition.register import service as register
from app.trust import service as trust

REGISTRYS_OWN = "en"
"""The language that a registry writes in beside the registrant's, when nothing else is asked."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, ready to be shown or printed."""

    matter: Matter
    tags: Sequence[str]

    @property
    def parts(self) -> Sequence[Part]:
        return [part(self.matter, tag) for tag in self.tags]


def letter(
    session: Session,
    registry_id: str,
    submission_id: str,
    *,
    decision_id: str = "",
    languages: Sequence[str] = (),
    public_url: str,
) -> Letter:
    """The letter about a submission's current decision, or an earlier one.

    Raises ``NotFound``, and ``Invalid`` for a language in which there are no letters.
    """
    submission = ledger.get(session, registry_id, submission_id)
    registrant = register.get(session, registry_id, submission.registrant_id)
    history = ledger.history(session, submission_id)
    made = next((one for one in history if one.id == decision_id), None)
    if decision_id and made is None:
        raise NotFound("There is no such decision on this record.")
    made = made or submission.decision
    matter = Matter(
        registry=identity.get_organisation(session, registry_id).name,
        number=registrant.number,
        name=registrant.name,
        title=submission.title,
        issuer=_issuer_name(session, submission.issuer_id),
        record_id=submission.record_id,
        decision=made,
        before=next((one for one in history if one.id == made.previous_id), None),
        unit=_unit(session, registry_id, made),
        address=f"{public_url}/account/cpd",
    )
    return Letter(matter, _chosen(languages, registrant.language))


def printed(press: OfficePress, made: Letter, *, at: datetime) -> bytes:
    """The letter as PDF. Raises what a press does."""
    return press.letter(values(made.matter, made.tags), at=at)


def note(
    session: Session, registry_id: str, submission_id: str, made: Letter, *, who: str, at: datetime
) -> None:
    """Note that a letter was printed: to whom it goes is in the decision."""
    audit.record(
        session,
        who=who,
        action="letter.print",
        subject=f"submission:{submission_id}",
        at=at,
        after={"decision": made.matter.decision.id, "languages": list(made.tags)},
        organisation_id=registry_id,
    )


def _chosen(wanted: Sequence[str], own: str | None) -> Sequence[str]:
    unknown = [tag for tag in wanted if tag not in words.LANGUAGES]
    if unknown or len(wanted) > 2:
        mend = f"Choose one or two of {', '.join(words.LANGUAGES)}."
        raise Invalid(
            "There are no letters in this language.",
            fields=[FieldProblem("language", "language", mend)],
        )
    chosen = wanted or (words.find_language(own), REGISTRYS_OWN)
    return tuple(dict.fromkeys(chosen))


def _unit(session: Session, registry_id: str, made: DecisionMade) -> str | None:
    decision = made.decision
    try:
        return adoption.get_policy(
            session, registry_id, decision.policy_id, decision.policy_version
        ).unit
    except (NotFound, PolicyDoubtful):
        return None


def _issuer_name(session: Session, issuer_id: str | None) -> str:
    """The name under which this node knows an issuer, or its id."""
    if issuer_id is None:
        return ""
    return trust.issuer_names(session, [issuer_id]).get(issuer_id, issuer_id)
