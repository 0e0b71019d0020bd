"""Organisations join this node: a society is known to the catalogue, able to act, able to issue.

One use case over three domains, so that no society is half here. A registry is no publisher: it is
known to identity, and has keys to sign its statements with, made at once where this node can and
otherwise when it first signs.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.catalogue.model import NewSociety, Society
from app.identity import organisations
from app.identity import service as identity
from app.identity.model import Kind, Organisation
from app.platform.problems import FieldProblem, Invalid
from app.trust import service as trust
from app.trust.signer import LockedSigner, Signer

_LONGEST = {"url": 400, "name": organisations.LONGEST_NAME}


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """What an operator writes into the form; unchecked."""

    id: str
    kind: str
    name: str
    language: str = "en"
    """The language of the name (BCP 47)."""
    country: str | None = None
    url: str | None = None
    issues: bool = False
    """Whether keys are made for a society, so that it can issue records."""


@dataclass(frozen=True, slots=True)
class Office:
    """Where organisations join this node."""

    signer: Signer
    public_url: str

    @property
    def can_sign(self) -> bool:
        """Whether this node can make keys for a society."""
        return not isinstance(self.signer, LockedSigner)

    def add(
        self, session: Session, new: NewOrganisation, *, at: datetime, who: str
    ) -> Organisation:
        """Let an organisation act through this node.

        Raises ``Invalid`` naming each bad field, ``Conflict`` for an id that is taken, and
        ``KeyLocked`` when a society is to issue and this node has no passphrase for keys.
        """
        kind = _kind(new.kind)
        name = " ".join(new.name.split())
        if not name or len(name) > _LONGEST["name"] or not name.isprintable():
            detail = f"Give a name of up to {_LONGEST['name']} characters."
            raise Invalid(detail, fields=[FieldProblem("/name", "name-form", detail)])
        if not new.id:  # of which the catalogue would make one
            detail = "Give a short name, such as cse."
            raise Invalid(detail, fields=[FieldProblem("/id", "id-form", detail)])
        if kind is not Kind.SOCIETY:
            return self._add_registry(session, new.id, name, at=at, who=who)
        society = NewSociety(
            names={new.language: name}, id=new.id, country=new.country or None, url=new.url or None
        )
        try:
            enrol(
                session,
                society,
                signer=self.signer,
                public_url=self.public_url,
                at=at,
                issues=new.issues,
                who=who,
            )
        except Invalid as error:
            raise Invalid(error.detail, fields=list(map(_of_the_form, error.fields))) from error
        return identity.get_organisation(session, new.id)

    def _add_registry(
        self, session: Session, registry_id: str, name: str, *, at: datetime, who: str
    ) -> Organisation:
        made = identity.add_organisation(
            session, id=registry_id, kind=Kind.REGISTRY, name=name, at=at, who=who
        )
        if self.can_sign:
            trust.add_registry_issuer(
                session,
                self.signer,
                registry_id=made.id,
                name=made.name,
                public_url=self.public_url,
                at=at,
                who=who,
            )
        return made


def enrol(
    session: Session,
    new: NewSociety,
    *,
    signer: Signer,
    public_url: str,
    at: datetime,
    issues: bool = True,
    who: str = "system",
) -> Society:
    """Enter a society and, when it ``issues``, make its keys.

    Raises ``Invalid`` naming each bad field, ``Conflict`` for an id that is taken, and
    ``KeyLocked`` when it is to issue and this node has no passphrase for keys.
    """
    society = catalogue.add_society(session, new, at=at)
    name = society.names.get("en") or next(iter(society.names.values()))
    identity.add_organisation(session, id=society.id, kind=Kind.SOCIETY, name=name, at=at, who=who)
    if issues:
        trust.add_issuer(
            session,
            signer,
            society_id=society.id,
            name=name,
            url=society.url,
            public_url=public_url,
            at=at,
        )
    return society


def rename(
    session: Session,
    organisation_id: str,
    name: str,
    *,
    at: datetime,
    who: str,
    seen: str | None = None,
) -> Organisation:
    """Call an organisation otherwise; a society also in the catalogue, where its courses show it.

    The name that its keys are published under, and that stands in the records it signed, is another
    matter and stays. Raises ``NotFound``, ``PreconditionFailed`` and ``Invalid``.
    """
    made = organisations.rename(session, organisation_id, name, at=at, who=who, seen=seen)
    if made.kind is Kind.SOCIETY:
        catalogue.rename_society(session, organisation_id, made.name, at=at)
    return made


def _of_the_form(problem: FieldProblem) -> FieldProblem:
    """The catalogue knows names in many languages; here there is one, with its language beside."""
    name = problem.pointer.strip("/")
    if name == "names":
        name = "language" if problem.code == "language-invalid" else "name"
    return replace(problem, pointer=f"/{name}")


def _kind(text: str) -> Kind:
    """An operator is no guest of the node: it is made by whoever has the node's terminal."""
    if text not in {Kind.SOCIETY, Kind.REGISTRY}:
        mend = f"Choose {Kind.SOCIETY} or {Kind.REGISTRY}."
        raise Invalid(
            "That is no kind of organisation.", fields=[FieldProblem("/kind", "kind", mend)]
        )
    return Kind(text)
