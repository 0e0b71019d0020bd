"""What identity holds of a person; ``people.holdings`` says how it is told and erased."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Table, or_
from sqlalchemy.orm import Session

from app.identity.audit.tables import AuditRow
from app.identity.oauth.tables import PermissionRow
from app.identity.oidc.tables import ExternalIdentityRow, OidcAttemptRow, OidcWaitingRow
from app.identity.people.holdings import Entry, Holding, Owner, by_address
from app.identity.people.tables import (
    InvitationRow,
    MembershipRow,
    PersonEmailRow,
    PersonRow,
    RegistrationRow,
    SessionRow,
)
from app.identity.signin.tables import MailLinkRow, PasskeyChallengeRow, PasskeyRow


def _self(table: Table, owner: Owner) -> ColumnElement[bool]:
    return table.c.id == owner.person_id


def _links(table: Table, owner: Owner) -> ColumnElement[bool]:
    return or_(table.c.person_id == owner.person_id, table.c.email.in_(owner.emails))


def _told_of(table: Table, owner: Owner) -> ColumnElement[bool]:
    """What the person did, what was done to the account, and to the person in organisations."""
    return or_(
        table.c.who == owner.who,
        table.c.subject == owner.who,
        table.c.before["person"].as_string() == owner.person_id,
        table.c.after["person"].as_string() == owner.person_id,
    )


def _without_others(_session: Session, owner: Owner, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Who else acted, or was acted upon, is that person's own affair."""

    def told(entry: Entry) -> Entry:
        mine = entry["who"] == owner.who
        of_me = entry["subject"] == owner.who or any(
            isinstance(entry[state], dict) and entry[state].get("person") == owner.person_id
            for state in ("before", "after")
        )
        states = {} if of_me else {"before": None, "after": None}
        who = entry["who"] if mine else entry["who"].partition(":")[0]
        subject = entry["subject"]
        if subject.startswith("person:") and subject != owner.who:
            subject = "person"
        return entry | states | {"who": who, "subject": subject}

    return [told(entry) for entry in entries]


HOLDINGS = (
    Holding("account", PersonRow, ("id", "name", "language", "created_at"), whose=_self),
    Holding(
        "addresses", PersonEmailRow, ("email", "verified_at", "is_primary"), ("person_id",)
    ),
    Holding(
        "memberships", MembershipRow, ("organisation_id", "roles", "created_at"), ("person_id",)
    ),
    Holding(
        "invitations",
        InvitationRow,
        (
            "organisation_id", "email", "roles", "note", "created_at", "ends_at", "accepted_at",
            "withdrawn_at",
        ),
        ("id", "secret_hash", "invited_by"),
        whose=by_address,
    ),
    Holding(
        "registrations",
        RegistrationRow,
        (
            "id", "registry_id", "number", "since", "until", "answer", "answered_at",
            "answer_note",
        ),
        ("person_id",),
    ),
    Holding(
        "sessions",
        SessionRow,
        ("id", "method", "browser", "address", "created_at", "seen_at", "ends_at"),
        ("secret_hash", "person_id"),
    ),
    Holding(
        "passkeys",
        PasskeyRow,
        ("id", "name", "created_at", "used_at"),
        ("person_id", "credential_id", "public_key", "sign_count"),
    ),
    Holding(
        "passkey_challenges",
        PasskeyChallengeRow,
        ("ends_at",),
        ("id", "challenge", "person_id", "asked_by"),
    ),
    Holding(
        "mail_links",
        MailLinkRow,
        ("email", "created_at", "ends_at"),
        ("secret_hash", "person_id", "asked_by", "then"),
        whose=_links,
    ),
    Holding(
        "linked_sign_ins",
        ExternalIdentityRow,
        ("id", "issuer", "subject", "shown", "created_at", "used_at"),
        ("person_id",),
    ),
    Holding(
        "sign_ins_under_way",
        OidcAttemptRow,
        ("provider_id", "purpose", "ends_at"),
        (
            "state_hash", "asked_by", "nonce", "verifier", "then", "person_id", "session_id",
        ),
    ),
    Holding(
        "sign_ins_to_link",
        OidcWaitingRow,
        ("issuer", "subject", "shown", "ends_at"),
        ("asked_by", "person_id"),
    ),
    Holding(  # what came of each (codes, refresh tokens) goes with it
        "programs_allowed",
        PermissionRow,
        ("client_id", "organisation_id", "scopes", "created_at", "changed_at"),
        ("id", "person_id"),
    ),
    Holding(
        "history",
        AuditRow,
        ("at", "who", "action", "subject", "before", "after"),
        ("id", "organisation_id"),
        whose=_told_of,
        tell=_without_others,
        stays=True,
    ),
)  # fmt: skip
"""In the order of an export."""
