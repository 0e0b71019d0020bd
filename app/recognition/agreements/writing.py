"""The document of an agreement, from what a registry fills in.

Registries and issuers are named as the trust bundle knows them; whom this node does not know is
asked for, since nobody's signature could be told without its keys.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.platform.problems import Conflict, FieldProblem, NotFound
from app.proof.parse import JSON, Object
from app.recognition.adoption import service as adoption
from app.recognition.agreements.desk import Desk
from app.recognition.agreements.model import Agreement
from app.recognition.agreements.reading import (
    FORMAT,
    FORMAT_VERSION,
    AgreementInvalid,
    read_agreement,
)
from app.trust import service as trust
from app.trust.model import Role

_PLACES = {"text": "texts", "from": "valid_from", "to": "valid_to"}
"""Members of the document that have another name where a person fills them in."""
_FAULTY = "The agreement cannot be drafted as given."
_UNKNOWN = "This node does not know it. Import the trust bundle of its node first."


@dataclass(frozen=True, slots=True)
class NewTerms:
    """What one side takes of the other's issuers; unchecked."""

    tag: str
    policy_id: str
    policy_version: int
    policy_hash: str = ""
    """May be left out for a registry of this node, whose policy is looked up."""
    kinds: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """What a registry drafts; unchecked. Days as ISO 8601; registries and issuers by their DIDs."""

    other: str
    reference: str
    texts: Mapping[str, str]
    valid_from: str
    valid_to: str = ""
    notice_days: int = 90
    our_issuers: tuple[str, ...] = ()
    their_issuers: tuple[str, ...] = ()
    ours: NewTerms | None = None
    """What we take of theirs."""
    theirs: NewTerms | None = None
    """What they take of ours."""


@dataclass(frozen=True, slots=True)
class _Writing:
    """One document on its way, with what is found wrong as it is written."""

    session: Session
    known: Mapping[str, str]
    """The names of who this node knows, by their DIDs."""
    problems: list[FieldProblem]

    def party(self, side: str, did: str, issuers: Sequence[str], terms: NewTerms | None) -> Object:
        members: Object = {
            "id": did,
            "name": self._name(did),
            "issuers": [{"id": one, "name": self._name(one)} for one in issuers],
        }
        if terms is not None:
            said: Object = {"tag": terms.tag.strip(), "policy": self._annex(side, did, terms)}
            if terms.kinds is not None:
                said["kinds"] = [*terms.kinds]
            members["recognises"] = said
        return members

    def _name(self, did: str) -> str:
        return self.known.get(did, "").strip() or did

    def _annex(self, side: str, did: str, terms: NewTerms) -> JSON:
        """A registry of this node has its policy here; of another its hash is needed."""
        digest = terms.policy_hash.strip()
        registry_id = _registry_of(self.session, did)
        if registry_id is not None:
            digest = self._looked_up(side, registry_id, terms, digest)
        elif not digest:
            mend = "Give the SHA-256 of their policy, as they publish it."
            self.problems.append(FieldProblem(f"/{side}/policy_hash", "policy-hash", mend))
        return {"id": terms.policy_id.strip(), "version": terms.policy_version, "hash": digest}

    def _looked_up(self, side: str, registry_id: str, terms: NewTerms, digest: str) -> str:
        try:
            found = adoption.get_policy(
                self.session, registry_id, terms.policy_id.strip(), terms.policy_version
            )
        except (NotFound, Conflict) as error:
            self.problems.append(FieldProblem(f"/{side}/policy_id", "policy-unknown", error.detail))
            return digest
        if digest and digest != found.hash:
            mend = "That is not the hash of this version; leave it out."
            self.problems.append(FieldProblem(f"/{side}/policy_hash", "policy-hash", mend))
        return found.hash


def write(
    session: Session,
    desk: Desk,
    registry_id: str,
    new: NewAgreement,
    *,
    agreement_id: str,
    at: datetime,
    previous: Agreement | None = None,
) -> Agreement:
    """The agreement that was filled in. Raises ``AgreementInvalid`` naming each bad field."""
    own = desk.statements.issuer(session, registry_id, at=at).id
    known = {one.id: one.name for one in desk.bundle(session, at).issuers.values()}
    known |= {one.id: one.name for one in trust.own_issuers(session)}  # those made just now too
    writing = _Writing(session, known, list(_unknown(new, own, known)))
    ours = writing.party("ours", own, new.our_issuers, new.ours)
    theirs = writing.party("theirs", new.other, new.their_issuers, new.theirs)
    if writing.problems:
        raise AgreementInvalid(_FAULTY, fields=writing.problems)
    first = own < new.other
    document: Object = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "id": f"urn:uuid:{agreement_id}",
        "version": 1 if previous is None else previous.version + 1,
        **({} if previous is None else {"previous": previous.hash}),
        "reference": new.reference.strip(),
        "text": {language: text.strip() for language, text in new.texts.items()},
        "from": new.valid_from.strip(),
        **({"to": new.valid_to.strip()} if new.valid_to.strip() else {}),
        "notice_days": new.notice_days,
        "parties": [ours, theirs] if first else [theirs, ours],
    }
    try:
        return read_agreement(document)
    except AgreementInvalid as error:
        places = ["ours", "theirs"] if first else ["theirs", "ours"]
        fields = [_of_the_form(one, places) for one in error.fields]
        raise AgreementInvalid(_FAULTY, fields=fields or error.fields) from error


def _registry_of(session: Session, did: str) -> str | None:
    """The registry of this node with that DID, if it is one."""
    for issuer in trust.own_issuers(session):
        if issuer.id == did and issuer.role is Role.REGISTRY:
            return issuer.organisation_id
    return None


def _unknown(new: NewAgreement, own: str, known: Mapping[str, str]) -> Iterator[FieldProblem]:
    if new.other == own:
        yield FieldProblem("/other", "agreement-self", "Name the other registry.")
    elif new.other not in known:
        yield FieldProblem("/other", "issuer-unknown", _UNKNOWN)
    for name, issuers in (("our_issuers", new.our_issuers), ("their_issuers", new.their_issuers)):
        for place, one in enumerate(issuers):
            if one not in known:
                yield FieldProblem(f"/{name}/{place}", "issuer-unknown", _UNKNOWN)


def _of_the_form(problem: FieldProblem, places: Sequence[str]) -> FieldProblem:
    """The field that was filled in, of a fault in the document that was made of it."""
    parts = problem.pointer.split("/")[1:]
    name = parts[0] if parts else ""
    if name != "parties" or len(parts) < 3:
        return replace(problem, pointer="/" + "/".join([_PLACES.get(name, name), *parts[1:]]))
    side, member, rest = places[int(parts[1])], parts[2], parts[3:]
    if member == "issuers":
        owner = "our_issuers" if side == "ours" else "their_issuers"
        return replace(problem, pointer="/".join(["", owner, *rest[:1]]))
    inner = [f"policy_{one}" for one in rest[1:2]] if rest[:1] == ["policy"] else rest
    return replace(problem, pointer="/".join(["", side, *inner]))
