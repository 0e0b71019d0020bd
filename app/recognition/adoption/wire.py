"""How versions of policies look over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.recognition.adoption.model import PolicyVersion
from app.recognition.policies.changes import Change, What
from app.recognition.policies.finding import Finding
from app.recognition.policies.model import Policy, Status
from app.recognition.policies.text import LARGEST, Fault


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicyTextIn(_In):
    """A policy's text."""

    text: str = Field(
        max_length=LARGEST, description="YAML or JSON; kept verbatim.", examples=["policy_id: pec"]
    )


class ShippedIn(_In):
    """Which of the illustrative policies to begin with."""

    name: str = Field(max_length=100, examples=["za-ecsa-v1"])


class WithdrawIn(_In):
    """Why a version is to decide no more, and from when on."""

    reason: str = Field(max_length=2000, examples=["The council repealed it."])
    on: date | None = Field(
        None,
        description="The first day on which it decides no more of what is completed then; today "
        "in the registry's time zone when it is left out.",
    )


class OutlineOut(BaseModel):
    """One version of a policy, without its text."""

    id: str
    policy_id: str
    version: int
    status: Status
    hash: str = Field(
        description="SHA-256 of the document's canonical JSON (RFC 8785) without `status`."
    )
    valid_from: date | None
    valid_to: date | None
    created_at: datetime
    changed_at: datetime
    adopted_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_from: date | None = Field(description="The first day on which it decides no more.")
    withdrawn_reason: str | None

    @classmethod
    def of(cls, one: PolicyVersion) -> "OutlineOut":
        """What is told of a version."""
        return cls(**_outline(one))


class OutlineList(BaseModel):
    """Every version of the registry's policies, by policy, the newest first."""

    items: list[OutlineOut]


class VersionOut(OutlineOut):
    """One version of a policy as its registry sees it."""

    text: str = Field(description="Verbatim, as its author wrote it.")
    document: dict[str, Any] = Field(description="What the text says.")
    statement: str | None = Field(description="The registry's signature: a compact JWS.")
    created_by: str
    changed_by: str
    adopted_by: str | None
    withdrawn_by: str | None

    @classmethod
    def told(cls, one: PolicyVersion, policy: Policy) -> "VersionOut":
        """What is told of a version to its registry."""
        return cls(
            **_outline(one),
            text=one.text,
            document=dict(policy.document),
            statement=one.statement,
            created_by=one.created_by,
            changed_by=one.changed_by,
            adopted_by=one.adopted_by,
            withdrawn_by=one.withdrawn_by,
        )


class AdoptedOut(OutlineOut):
    """A version that its registry adopted, as anybody may read it."""

    sound: bool = Field(
        description="Whether text, days and the registry's signature still belong together; what "
        "is not sound decides nothing."
    )

    @classmethod
    def seen(cls, one: PolicyVersion, *, sound: bool) -> "AdoptedOut":
        """What everybody is told of a version."""
        return cls(**_outline(one), sound=sound)


class AdoptedList(BaseModel):
    """Every version that the registry ever adopted, by policy, the newest first."""

    items: list[AdoptedOut]


class AdoptedTextOut(AdoptedOut):
    """A version that its registry adopted, with the exact text and the registry's signature."""

    text: str
    statement: str = Field(
        description="A compact JWS of type `opencpd-policy-adoption+jwt`, signed by the registry."
    )

    @classmethod
    def whole(cls, one: PolicyVersion, *, sound: bool) -> "AdoptedTextOut":
        """All that everybody may read of a version."""
        return cls(**_outline(one), sound=sound, text=one.text, statement=one.statement or "")


class FaultOut(BaseModel):
    """What keeps a text from being a policy."""

    line: int | None
    path: str
    code: str
    detail: str
    mend: str

    @classmethod
    def of(cls, one: Fault | Finding) -> "FaultOut":
        """What is told of a fault, or of a finding."""
        return cls(line=one.line, path=one.path, code=one.code, detail=one.detail, mend=one.mend)


class CheckedOut(BaseModel):
    """A text looked through: what keeps it from being a policy, and what to look at again."""

    policy_id: str | None
    version: int | None
    hash: str | None
    faults: list[FaultOut]
    findings: list[FaultOut] = Field(description="Advice: it can be adopted all the same.")

    @classmethod
    def of(
        cls, policy: Policy | None, faults: Sequence[Fault], findings: Sequence[Finding]
    ) -> "CheckedOut":
        """What is told of a text."""
        return cls(
            policy_id=policy.policy_id if policy else None,
            version=policy.policy_version if policy else None,
            hash=policy.hash if policy else None,
            faults=list(map(FaultOut.of, faults)),
            findings=list(map(FaultOut.of, findings)),
        )


class ChangeOut(BaseModel):
    """One difference between two versions."""

    what: What
    path: str
    name: str
    old: str | None
    new: str | None
    said: str = Field(description="In words.", examples=["Cap imported-year: 20 -> 25"])

    @classmethod
    def of(cls, one: Change) -> "ChangeOut":
        """What is told of a difference."""
        return cls(
            what=one.what, path=one.path, name=one.name, old=one.old, new=one.new, said=str(one)
        )


class ChangeList(BaseModel):
    """Everything that differs between two versions in what they ask."""

    old: OutlineOut | None = Field(description="Nothing where there is no earlier version.")
    new: OutlineOut
    changes: list[ChangeOut]


def _outline(one: PolicyVersion) -> Mapping[str, Any]:
    return {
        "id": one.id,
        "policy_id": one.policy_id,
        "version": one.version,
        "status": one.status,
        "hash": one.hash,
        "valid_from": one.valid.first,
        "valid_to": one.valid.last,
        "created_at": one.created_at,
        "changed_at": one.changed_at,
        "adopted_at": one.adopted_at,
        "withdrawn_at": one.withdrawn_at,
        "withdrawn_from": one.withdrawn_from,
        "withdrawn_reason": one.withdrawn_reason,
    }
