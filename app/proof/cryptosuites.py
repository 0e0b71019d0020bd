"""The cryptosuites of Data Integrity that are known here: what is hashed, and who may sign it.

``eddsa-rdfc-2022`` and ``eddsa-jcs-2022`` of W3C Data Integrity EdDSA 1.0, sections 3.2 and 3.3;
``ecdsa-rdfc-2019`` and ``ecdsa-jcs-2019`` of W3C Data Integrity ECDSA 1.0, sections 3.2 and 3.3.
A P-384 key has SHA-384 in every place where a hash is taken (ECDSA 1.0, section 3), the labels of
blank nodes too. The key decides the algorithm; the name of the suite only says which it may be.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.keys import Algorithm
from app.proof.parse import JSON, Object
from app.proof.rdfc import Digest
from app.proof.template import canonical_bytes


class Form(StrEnum):
    """How a document becomes bytes."""

    RDFC = "rdfc"
    JCS = "jcs"


@dataclass(frozen=True, slots=True)
class Cryptosuite:
    """A way to secure a document."""

    name: str
    form: Form
    algorithms: frozenset[Algorithm]

    def digest(self, algorithm: Algorithm) -> Digest:
        """The hash that goes with a key's algorithm, when the suite takes such a key."""
        if algorithm not in self.algorithms:
            wanted = " or ".join(sorted(self.algorithms))
            raise ProofError("key-algorithm", f"{self.name} needs a key for {wanted}.")
        return Digest.SHA384 if algorithm is Algorithm.ES384 else Digest.SHA256

    def hash_data(
        self, document: Object, options: Object, *, contexts: Mapping[str, JSON], digest: Digest
    ) -> bytes:
        """Sections 3.2.4 and 3.3.4: the hash of the options, then the hash of the document."""
        return b"".join(
            hashlib.new(digest, self._bytes(part, contexts, digest)).digest()
            for part in (options, document)
        )

    def _bytes(self, part: Object, contexts: Mapping[str, JSON], digest: Digest) -> bytes:
        if self.form is Form.JCS:
            return canonical_json(part)
        return canonical_bytes(part, contexts=contexts, digest=digest)


_EDDSA = frozenset({Algorithm.ED25519})
_ECDSA = frozenset({Algorithm.ES256, Algorithm.ES384})

CRYPTOSUITES = {
    suite.name: suite
    for suite in (
        Cryptosuite("eddsa-rdfc-2022", Form.RDFC, _EDDSA),
        Cryptosuite("eddsa-jcs-2022", Form.JCS, _EDDSA),
        Cryptosuite("ecdsa-rdfc-2019", Form.RDFC, _ECDSA),
        Cryptosuite("ecdsa-jcs-2019", Form.JCS, _ECDSA),
    )
}
"""The known suites by their name."""
