"""Which signer a node uses: the built-in file signer, or one that a package brings.

A package names a function in the entry-point group ``opencpd.signers``. It is given a
``SignerSetup`` and gives a ``Signer``; ``app.trust.pkcs11`` is one, to use or to copy. Only the one
that the settings name is loaded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from app.trust.signer import FileSigner, LockedSigner, Signer, SignerError

GROUP = "opencpd.signers"
FILE = "file"


@dataclass(frozen=True, slots=True)
class SignerSetup:
    """What a signer is given of the node's settings."""

    folder: Path
    """Where the node keeps keys; the signer may keep files of its own in it."""
    passphrase: str | None = field(default=None, repr=False)
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    """``OPENCPD_SIGNER_CONFIG``: the signer's own names and values."""


OpenSigner = Callable[[SignerSetup], Signer]


def open_signer(name: str, setup: SignerSetup) -> Signer:
    """Open the signer that the settings name. Raises ``SignerError``."""
    if name == FILE:
        return _open_files(setup)
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted({FILE, *found}))
        raise SignerError(
            f"OPENCPD_SIGNER names {name!r}, and no installed package brings it; known: {known}."
        )
    try:
        opener: OpenSigner = found[name].load()
    except Exception as error:  # loading a plugin: whatever breaks in it is said in one line
        raise SignerError(f"The signer {name} cannot be loaded: {error}") from error
    return opener(setup)


def _open_files(setup: SignerSetup) -> Signer:
    if setup.passphrase is None:
        return LockedSigner()
    signer = FileSigner(setup.folder, setup.passphrase)
    signer.check()
    return signer
