"""Agreements as the API takes and gives them."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from app.platform.conditions import entity_tag
from app.recognition.agreements.model import Party, Standing, State
from app.recognition.agreements.writing import NewAgreement, NewTerms

_DID = Field(max_length=400, examples=["did:web:node.example:registries:pec"])


class TermsIn(BaseModel):
    """What one side takes of the issuers that the other answers for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tag: str = Field(max_length=100, description="The tag under which they are listed.")
    policy_id: str = Field(max_length=200)
    policy_version: int = Field(ge=1, le=1_000_000)
    policy_hash: str = Field(
        "", max_length=64, description="SHA-256; may be left out for a registry of this node."
    )
    kinds: list[str] | None = Field(
        None, max_length=100, description="Kinds of activity; all that the policy takes, if none."
    )

    def terms(self) -> NewTerms:
        """As the use cases take it."""
        kinds = None if self.kinds is None else tuple(self.kinds)
        return NewTerms(self.tag, self.policy_id, self.policy_version, self.policy_hash, kinds)


class AgreementIn(BaseModel):
    """An agreement to be drafted by this registry with another one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    other: str = Field(max_length=400, description="The other registry's DID.")
    reference: str = Field(max_length=200, examples=["CSE-PEC 2026/1"])
    texts: dict[str, str] = Field(description="What was agreed in words, by language.")
    valid_from: str = Field(max_length=10, examples=["2026-01-01"])
    valid_to: str = Field("", max_length=10)
    notice_days: int = Field(90, ge=0, le=1000)
    our_issuers: list[str] = Field(default_factory=list, max_length=200)
    their_issuers: list[str] = Field(default_factory=list, max_length=200)
    ours: TermsIn | None = Field(None, description="What this registry takes of theirs.")
    theirs: TermsIn | None = Field(None, description="What they take of this registry's.")

    def new(self) -> NewAgreement:
        """As the use cases take it."""
        return NewAgreement(
            other=self.other,
            reference=self.reference,
            texts=self.texts,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            notice_days=self.notice_days,
            our_issuers=tuple(self.our_issuers),
            their_issuers=tuple(self.their_issuers),
            ours=None if self.ours is None else self.ours.terms(),
            theirs=None if self.theirs is None else self.theirs.terms(),
        )


class EndingIn(BaseModel):
    """A notice that the agreement ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ends_on: date = Field(description="The last day; not before the time of notice is over.")


class IssuerOut(BaseModel):
    """An issuer that a party answers for."""

    id: str = _DID
    name: str


class TermsOut(BaseModel):
    """What a party takes."""

    tag: str
    policy_id: str
    policy_version: int
    policy_hash: str
    kinds: list[str] | None


class PartyOut(BaseModel):
    """One of the two registries."""

    id: str = _DID
    name: str
    issuers: list[IssuerOut]
    recognises: TermsOut | None

    @classmethod
    def of(cls, one: Party) -> "PartyOut":
        """What is told of it."""
        said = one.recognises
        return cls(
            id=one.id,
            name=one.name,
            issuers=[IssuerOut(id=issuer.id, name=issuer.name) for issuer in one.issuers],
            recognises=None
            if said is None
            else TermsOut(
                tag=said.tag,
                policy_id=said.annex.policy_id,
                policy_version=said.annex.version,
                policy_hash=said.annex.hash,
                kinds=None if said.kinds is None else list(said.kinds),
            ),
        )


class SignatureOut(BaseModel):
    """What is known of one signature now."""

    party: str = _DID
    holds: bool
    trouble: str | None = Field(description="Why it does not hold.")
    signed_at: datetime | None


class EndingOut(BaseModel):
    """A notice that one side gave."""

    party: str = _DID
    ends_on: date


class AgreementOut(BaseModel):
    """One version of an agreement, and where it stands today."""

    id: str
    version: int
    state: State
    hash: str = Field(description="SHA-256 of the canonical JSON (RFC 8785) that both sign.")
    reference: str
    texts: dict[str, str]
    valid_from: date | None
    valid_to: date | None
    in_force_from: date | None = Field(description="Amended and ended counted in.")
    in_force_to: date | None
    notice_days: int
    parties: list[PartyOut]
    signatures: list[SignatureOut]
    endings: list[EndingOut]
    etag: str

    @classmethod
    def of(cls, one: Standing) -> "AgreementOut":
        """What is told of it."""
        agreement = one.agreement
        return cls(
            id=agreement.id,
            version=agreement.version,
            state=one.state,
            hash=agreement.hash,
            reference=agreement.reference,
            texts=dict(agreement.texts),
            valid_from=agreement.span.first,
            valid_to=agreement.span.last,
            in_force_from=one.span.first,
            in_force_to=one.span.last,
            notice_days=agreement.notice_days,
            parties=[PartyOut.of(party) for party in agreement.parties],
            signatures=[
                SignatureOut(
                    party=held.party_id,
                    holds=held.holds,
                    trouble=held.trouble,
                    signed_at=held.signed_at,
                )
                for held in one.held
            ],
            endings=[
                EndingOut(party=notice.party_id, ends_on=notice.ends_on) for notice in one.endings
            ],
            etag=tag(one),
        )


class AgreementPage(BaseModel):
    """Some agreements, version by version, the newest first."""

    items: list[AgreementOut]
    next_cursor: str | None


def tag(one: Standing) -> str:
    """The entity tag of what can be changed of a version."""
    signed = sorted(signature.token for signature in one.kept.signatures)
    return entity_tag([one.agreement.hash, signed, [notice.token for notice in one.endings]])
