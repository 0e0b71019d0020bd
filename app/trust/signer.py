"""Where private keys live. A key is made here, signs here, and never leaves.

``Signer`` is the port; ``FileSigner`` keeps each key in a file of its own, encrypted with the
node's passphrase (PKCS#8, PBES2). It trusts the folder's owner and nobody else: a folder or a file
that others may read is refused. Once used, a key stays in this process's memory.

Errors::

    SignerError          a DomainError; the message says what mends it
    ├── KeyMissing       there is no such key
    └── KeyLocked        wrong passphrase, or the file is damaged or readable by others
"""

import contextlib
import hashlib
import os
import re
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from app.platform.problems import Unavailable
from app.proof.did import without_fragment
from app.proof.keys import SIGNING, Algorithm, PublicKey, from_cryptography

_Private = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
_READABLE_BY_OTHERS = 0o077


class SignerError(Unavailable):
    """The signer cannot do what was asked; the message says what mends it."""

    code = "signer"


class KeyMissing(SignerError):
    """There is no such key."""

    code = "signer-key-missing"


class KeyLocked(SignerError):
    """The key is there and cannot be used."""

    code = "signer-key-locked"


class Signer(Protocol):
    """Makes keys and signs with them; ``key_id`` is the key's DID URL."""

    def create(self, key_id: str, *, algorithm: Algorithm) -> PublicKey:
        """Make a key, or give the one that was made under this id before."""

    def public(self, key_id: str) -> PublicKey:
        """The public half. Raises ``KeyMissing``."""

    def sign(self, key_id: str, data: bytes) -> bytes:
        """64 bytes: Ed25519, or ECDSA over SHA-256 as r and s. Raises ``KeyMissing``."""


class FileSigner:
    """A ``Signer`` on a folder of encrypted key files."""

    def __init__(self, folder: Path, passphrase: str) -> None:
        if not passphrase:
            raise KeyLocked("The signing keys need a passphrase: set OPENCPD_KEY_PASSPHRASE.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_if_open(folder)
        self._folder = folder
        self._passphrase = passphrase.encode()
        self._unlocked: dict[str, _Private] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"FileSigner({str(self._folder)!r})"

    def check(self) -> None:
        """Open one of the keys that are here. Raises ``KeyLocked``.

        Done at the start: under another passphrase a node could make new keys and not use its old.
        """
        for path in self._files():
            _opened(path.read_bytes(), path, self._passphrase)
            return

    def change_passphrase(self, passphrase: str) -> int:
        """Encrypt every key with another passphrase; says how many that were.

        A run that was cut short is finished by the same call again: what opens with the new
        passphrase is done. Other processes go on with the keys they have opened, and must be
        started with the new one before they make another.
        """
        if not passphrase:
            raise KeyLocked("The new passphrase is empty.")
        new, changed = passphrase.encode(), 0
        for path in self._files():
            _refuse_if_open(path)
            pem = path.read_bytes()
            if _opens(pem, new):
                continue
            self._replace(path, _opened(pem, path, self._passphrase), new)
            changed += 1
        self._passphrase = new
        return changed

    def create(self, key_id: str, *, algorithm: Algorithm) -> PublicKey:
        """Make a key, or give the one made before, so that a crash after this can be repeated."""
        path = self._path(key_id)
        if algorithm not in SIGNING:
            raise SignerError(f"Nothing is signed with {algorithm} here.")
        if not path.exists():
            fresh = (
                ed25519.Ed25519PrivateKey.generate()
                if algorithm is Algorithm.ED25519
                else ec.generate_private_key(ec.SECP256R1())
            )
            self._write(path, fresh)
        public = self.public(key_id)
        if public.algorithm is not algorithm:
            raise SignerError(f"{key_id} exists already, as an {public.algorithm} key.")
        return public

    def public(self, key_id: str) -> PublicKey:
        """The public half of ``key_id``."""
        public = self._private(key_id).public_key()
        return from_cryptography(public, key_id=key_id, controller=without_fragment(key_id))

    def sign(self, key_id: str, data: bytes) -> bytes:
        """Sign ``data`` with ``key_id``."""
        private = self._private(key_id)
        if isinstance(private, ed25519.Ed25519PrivateKey):
            return private.sign(data)
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def _files(self) -> Iterator[Path]:
        """The key files; the folder holds the access tokens' key too, which is not encrypted."""
        for path in sorted(self._folder.glob("*.pem")):
            if b"ENCRYPTED" in path.read_bytes():
                yield path

    def _path(self, key_id: str) -> Path:
        readable = re.sub(r"[^A-Za-z0-9.-]+", "_", key_id)[-80:].lstrip(".")
        return self._folder / f"{readable}.{hashlib.sha256(key_id.encode()).hexdigest()[:24]}.pem"

    def _write(self, path: Path, private: _Private) -> None:
        fresh = self._beside(private, self._passphrase)
        # A link never replaces a key that another process made in the meantime.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
        self._make_names_durable()

    def _replace(self, path: Path, private: _Private, passphrase: bytes) -> None:
        self._beside(private, passphrase).replace(path)
        self._make_names_durable()

    def _beside(self, private: _Private, passphrase: bytes) -> Path:
        """Write a key under a name of the moment, in full."""
        pem = private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase)
        )
        fresh = self._folder / f".{secrets.token_hex(8)}.tmp"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
        return fresh

    def _make_names_durable(self) -> None:
        """A key that signed must not be lost with the power; its name is safe after this."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _private(self, key_id: str) -> _Private:
        with self._lock:
            if key_id not in self._unlocked:
                self._unlocked[key_id] = self._read(key_id)
            return self._unlocked[key_id]

    def _read(self, key_id: str) -> _Private:
        path = self._path(key_id)
        try:
            _refuse_if_open(path)
            pem = path.read_bytes()
        except FileNotFoundError as error:
            raise KeyMissing(
                f"The private key of {key_id} is not in {self._folder}; bring its file back from "
                "a backup, or add a new key to the issuer."
            ) from error
        return _opened(pem, path, self._passphrase)


def _opened(pem: bytes, path: Path, passphrase: bytes) -> _Private:
    try:
        private = load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError) as error:
        raise KeyLocked(
            f"{path} does not open: OPENCPD_KEY_PASSPHRASE is not the one it was made with, "
            "or the file is damaged."
        ) from error
    if not isinstance(private, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyLocked(f"{path} holds a key of a kind that is not used here.")
    return private


def _opens(pem: bytes, passphrase: bytes) -> bool:
    try:
        load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError):
        return False
    return True


def read_secret(path: Path) -> str:
    """The one line of a file that only its owner may read. Raises ``KeyLocked``."""
    try:
        _refuse_if_open(path)
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise KeyLocked(f"The secret in {path} cannot be read: {reason}.") from error
    if not secret or "\n" in secret:
        raise KeyLocked(f"{path} must hold a secret in one line, and nothing else.")
    return secret


class LockedSigner:
    """What stands in for a signer on a node without a passphrase: it says so when it is needed."""

    def create(self, key_id: str, *, algorithm: Algorithm) -> PublicKey:
        """Raises ``KeyLocked``."""
        raise _locked(f"make the {algorithm} key {key_id}")

    def public(self, key_id: str) -> PublicKey:
        """Raises ``KeyLocked``."""
        raise _locked(f"open {key_id}")

    def sign(self, key_id: str, data: bytes) -> bytes:
        """Raises ``KeyLocked``."""
        raise _locked(f"sign with {key_id}")


def _locked(what: str) -> KeyLocked:
    return KeyLocked(f"This node cannot {what} without a passphrase: set OPENCPD_KEY_PASSPHRASE.")


def _refuse_if_open(path: Path) -> None:
    if path.stat().st_mode & _READABLE_BY_OTHERS:
        mode = "700" if path.is_dir() else "600"
        raise KeyLocked(f"{path} is open to other users; mend it with: chmod {mode} {path}")
