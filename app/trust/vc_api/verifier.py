"""A verifier that believes every ``did:key``, for conformance suites.

It is ``app.verification`` with other knowledge: the contexts of the conformance profile, and a
bundle that has an issuer for every ``did:key`` anybody can think of.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from app.proof.did import without_fragment
from app.proof.did_key import resolve
from app.proof.errors import ProofError
from app.proof.parse import Object
from app.trust.vc_api.contexts import contexts_for
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry, StatusListEntry
from app.verification.model import GENERIC
from app.verification.options import Options

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


class EveryDidKey(Mapping[str, IssuerEntry]):
    """Issuers by id: those of a bundle, and whoever has a ``did:key``."""

    def __init__(self, known: Mapping[str, IssuerEntry]) -> None:
        self._known = known

    def __getitem__(self, issuer_id: str) -> IssuerEntry:
        if issuer_id in self._known:
            return self._known[issuer_id]
        try:
            key = resolve(issuer_id)
        except ProofError as error:
            raise KeyError(issuer_id) from error
        if without_fragment(issuer_id) != issuer_id:
            raise KeyError(issuer_id)
        return IssuerEntry(issuer_id, issuer_id, (KeyEntry(key, _ALWAYS),))

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def believing(bundle: Bundle, *, lists: Mapping[str, StatusListEntry]) -> Bundle:
    """The bundle, with every ``did:key`` and with more status lists in it."""
    return replace(
        bundle,
        issuers=EveryDidKey(bundle.issuers),
        status_lists={**bundle.status_lists, **lists},
    )


def options_for(
    document: Object | None, *, challenge: str | None = None, domain: str | None = None
) -> Options:
    """What the conformance profile understands of a document."""
    return Options(
        profiles=frozenset({GENERIC}),
        others_may_sign=True,
        contexts=contexts_for(document or {}),
        challenge=challenge,
        domain=domain,
    )
