"""Roles as a form shows them, and as it gives them back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.identity.model import Kind, Role

USUAL = {
    Kind.SOCIETY: (
        Role.OWNER, Role.EDITOR, Role.ISSUER, Role.APPROVER, Role.AUDITOR, Role.READER,
    ),
    Kind.REGISTRY: (Role.OWNER, Role.REVIEWER, Role.AUDITOR, Role.READER),
    Kind.OPERATOR: (Role.OWNER, Role.AUDITOR, Role.READER),
}  # fmt: skip
"""The roles that mean something in an organisation of each kind."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One box to tick."""

    role: Role
    ticked: bool


def choices(kind: Kind, held: Collection[str]) -> Sequence[Choice]:
    """The boxes of a form: the usual roles, and what else is held."""
    shown = [role for role in Role if role in USUAL[kind] or role in held]
    return [Choice(role, role in held) for role in shown]
