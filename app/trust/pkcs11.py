"""Keys in a hardware security module, or in anything else that speaks PKCS#11 (OASIS, 2.40, 3.0).

The node's private keys are made in the token and cannot leave it (sensitive, not extractable); each
is found by its label, the key's DID URL. ES256 is ``CKM_ECDSA`` over a digest that is made here,
Ed25519 is ``CKM_EDDSA`` (3.0; SoftHSM has it since 2.5, as Debian builds it).

``OPENCPD_SIGNER=pkcs11`` with ``OPENCPD_SIGNER_CONFIG``, a JSON object of

``module``    the library, such as ``/usr/lib/softhsm/libsofthsm2.so``
``token``     the token's label
``pin_file``  a file that holds the user's PIN, readable by its owner alone; or ``pin``

It is also the example of a signer plugin: ``open_signer`` is what the entry point names.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import NoSuchKey, PKCS11Error, UserAlreadyLoggedIn
from pkcs11.types import SignMixin

from app.proof.did import without_fragment
from app.proof.keys import SIGNING, Algorithm, PublicKey, from_cryptography
from app.trust.signer import KeyLocked, KeyMissing, SignerError, read_secret
from app.trust.signers import SignerSetup

_PATIENCE = 30.0
_KIND = {Algorithm.ES256: KeyType.EC, Algorithm.ED25519: KeyType.EC_EDWARDS}
_CURVE = {  # the curve's object identifier in DER (RFC 5480, RFC 8410)
    Algorithm.ES256: bytes.fromhex("06082a8648ce3d030107"),
    Algorithm.ED25519: bytes.fromhex("06032b6570"),
}
_POINT = {Algorithm.ES256: b"\x04\x41", Algorithm.ED25519: b"\x04\x20"}
"""The octet string in DER around a public point (PKCS#11, section 2.3.3)."""


def open_signer(setup: SignerSetup) -> "Pkcs11Signer":
    """What the entry point names. Raises ``SignerError``."""
    config = dict(setup.config)
    try:
        module, token = config.pop("module"), config.pop("token")
    except KeyError as error:
        raise SignerError(
            f'OPENCPD_SIGNER_CONFIG lacks {error}; it looks like {{"module": '
            '"/usr/lib/softhsm/libsofthsm2.so", "token": "opencpd", "pin_file": "/..."}'
        ) from error
    file, pin = config.pop("pin_file", None), config.pop("pin", None)
    if config:
        raise SignerError(f"OPENCPD_SIGNER_CONFIG has what nobody reads: {', '.join(config)}.")
    if (file is None) == (pin is None):
        raise SignerError("OPENCPD_SIGNER_CONFIG needs pin_file or pin, and not both.")
    return Pkcs11Signer(module, token=token, pin=read_secret(Path(file)) if file else str(pin))


class Pkcs11Signer:
    """A ``Signer`` on one token, which it asks one thing at a time.

    The library behind it is loaded without locks of its own: two threads in SoftHSM at once have
    ended the program. A token signs about as fast with one asker as with several.
    """

    def __init__(self, module: str, *, token: str, pin: str) -> None:
        self._name = f"{token} of {module}"
        self._one_at_a_time = threading.Lock()
        try:
            self._token = pkcs11.lib(module).get_token(token_label=token)
            self._login = _login(self._token, pin)
        except (PKCS11Error, RuntimeError) as error:
            raise KeyLocked(f"The token {self._name} does not open: {_said(error)}.") from error
        self._idle: pkcs11.Session | None = None

    def __repr__(self) -> str:
        return f"Pkcs11Signer({self._name})"

    def create(self, key_id: str, *, algorithm: Algorithm) -> PublicKey:
        """Make a key in the token, or give the one made before."""
        if algorithm not in SIGNING:
            raise SignerError(f"Nothing is signed with {algorithm} here.")
        with self._session() as session:
            if not _public_keys(session, key_id):
                session.create_domain_parameters(
                    _KIND[algorithm], {Attribute.EC_PARAMS: _CURVE[algorithm]}, local=True
                ).generate_keypair(
                    store=True,
                    label=key_id,
                    private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
                )
        public = self.public(key_id)
        if public.algorithm is not algorithm:
            raise SignerError(f"{key_id} exists already, as an {public.algorithm} key.")
        return public

    def public(self, key_id: str) -> PublicKey:
        """The public half, as the token tells it."""
        with self._session() as session:
            found = _public_keys(session, key_id)
        if not found:
            raise KeyMissing(f"The token {self._name} has no key {key_id}.")
        if len(found) > 1:
            raise SignerError(
                f"The token {self._name} has {len(found)} keys labelled {key_id}, made at the same "
                "time by two programs; take all but one out of it."
            )
        return found[0]

    def sign(self, key_id: str, data: bytes) -> bytes:
        """64 bytes, made inside the token."""
        with self._session() as session:
            try:
                private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=key_id)
            except NoSuchKey as error:
                raise KeyMissing(f"The token {self._name} has no key {key_id}.") from error
            if not isinstance(private, SignMixin):
                raise SignerError(f"What the token calls {key_id} is no key that signs.")
            if private.key_type is KeyType.EC:
                digest = hashlib.sha256(data).digest()
                return bytes(private.sign(digest, mechanism=Mechanism.ECDSA))
            return bytes(private.sign(data, mechanism=Mechanism.EDDSA))

    @contextmanager
    def _session(self) -> Iterator[pkcs11.Session]:
        """A session that nobody else uses; one that failed is not used again."""
        if not self._one_at_a_time.acquire(timeout=_PATIENCE):
            raise SignerError(f"The token {self._name} is too busy; try again.")
        try:
            session, self._idle = self._idle or self._token.open(rw=True), None
            yield session
            self._idle = session
        except PKCS11Error as error:
            raise SignerError(f"The token {self._name} refuses: {_said(error)}.") from error
        finally:
            self._one_at_a_time.release()


def _login(token: pkcs11.Token, pin: str) -> pkcs11.Session:
    """The login is the whole program's, and lasts while any session is open."""
    try:
        return token.open(rw=True, user_pin=pin)
    except UserAlreadyLoggedIn:
        return token.open(rw=True)


def _public_keys(session: pkcs11.Session, key_id: str) -> list[PublicKey]:
    wanted = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.LABEL: key_id}
    return [_read(held, key_id) for held in session.get_objects(wanted)]


def _read(held: pkcs11.Object, key_id: str) -> PublicKey:
    kind, point = held[Attribute.KEY_TYPE], bytes(held[Attribute.EC_POINT])
    algorithm = next((one for one, known in _KIND.items() if known == kind), None)
    if algorithm is None or not point.startswith(_POINT[algorithm]):
        raise SignerError(f"The token's key {key_id} is of a kind that is not used here.")
    raw = point[2:]
    public: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey
    if algorithm is Algorithm.ED25519:
        public = ed25519.Ed25519PublicKey.from_public_bytes(raw)
    else:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    return from_cryptography(public, key_id=key_id, controller=without_fragment(key_id))


def _said(error: Exception) -> str:
    """What went wrong, in words: most of these errors have a name and no text."""
    return f"{type(error).__name__} {error}".strip()
