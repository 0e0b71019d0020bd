"""Scopes as pages show them."""

from collections.abc import Collection, Sequence

from app.identity.model import PERSONAL_SCOPES, SCOPES


def in_order(scopes: Collection[str]) -> Sequence[str]:
    """Scopes in the order in which they are described everywhere."""
    return [name for name in (*SCOPES, *PERSONAL_SCOPES) if name in scopes]
