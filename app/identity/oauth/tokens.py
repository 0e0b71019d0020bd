"""Access tokens: JSON Web Tokens by RFC 9068, signed with ES256 by a key of this node's own.

The key signs nothing but access tokens; records are signed elsewhere, with other keys. It lies in
one file that only the node's user may read. The time is always an argument.
"""

import contextlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from app.identity.access import Unauthenticated
from app.proof import jose
from app.proof.errors import ProofError

LIFETIME = timedelta(minutes=15)
LEEWAY_SECONDS = 30
_ALGORITHMS = ["ES256"]


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Gives out and reads the tokens of one node. ``issuer`` is the node's public address."""

    key: ECKey
    issuer: str

    def issue(self, client_id: str, *, scope: str, at: datetime) -> str:
        """A token for ``client_id`` with the space-separated scopes of ``scope``."""
        issued = int(at.timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.issuer,
            "sub": client_id,
            "client_id": client_id,
            "scope": scope,
            "iat": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode(self._header(), claims, self.key, algorithms=_ALGORITHMS)

    def read(self, token: str, *, at: datetime) -> tuple[str, frozenset[str]]:
        """The client id and scopes of a good token. Raises ``Unauthenticated`` for any other."""
        try:
            # The header is read before anything is verified, so it must be the one we write.
            if jose.split(token).header != self._header():
                raise Unauthenticated("This is a token of another kind.")
            found = jwt.decode(token, self.key, algorithms=_ALGORITHMS)
            jwt.JWTClaimsRegistry(
                now=int(at.timestamp()),
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.issuer},
                exp={"essential": True},
                sub={"essential": True},
                scope={"essential": True},
            ).validate(found.claims)
        except (ProofError, JoseError, ValueError) as error:
            raise Unauthenticated("The token is not of this node, or has ended.") from error
        return str(found.claims["sub"]), frozenset(str(found.claims["scope"]).split())

    def _header(self) -> dict[str, Any]:
        return {"alg": "ES256", "typ": "at+jwt", "kid": self.key.thumbprint()}


def load_key(path: Path) -> ECKey:
    """The node's token key; made on first use, readable by the node's user alone.

    Of several processes that start together, one makes the key and the others read it.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(ECKey.generate_key("P-256").as_pem(private=True))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by others; mend it with: chmod 600 {path}")
    return ECKey.import_key(path.read_bytes())
