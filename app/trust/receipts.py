"""Receipts of this node: signed statements of what it checked, when, and with which bundle.

What a receipt says is ``app.verification.receipt``; here is the key. The node signs, not one of its
societies: it was the node that verified.
"""

from datetime import datetime

from app.platform.problems import DomainError, Unavailable
from app.proof import jose
from app.proof.did import without_fragment
from app.proof.errors import ProofError
from app.proof.keys import Algorithm
from app.trust.model import Issuer
from app.trust.signer import Signer
from app.verification.bundle import Bundle
from app.verification.keyring import check_time
from app.verification.model import Report
from app.verification.options import Options
from app.verification.receipt import Receipt, read_receipt, signing_input, statement


class NoReceiptKey(Unavailable):
    """The node has no key to sign a receipt with."""

    code = "receipt-without-key"


class ReceiptRefused(DomainError):
    """A receipt that is not to be believed; ``code`` says why."""

    code = "receipt-refused"
    status = 422

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail)
        self.code = code


def sign(
    report: Report,
    *,
    node: Issuer,
    signer: Signer,
    bundle: Bundle,
    made_at: datetime,
    options: Options,
) -> str:
    """The receipt of a report. Raises ``NoReceiptKey`` and what the signer raises."""
    key = node.signing_key(Algorithm.ES256)
    if key is None:
        raise NoReceiptKey(
            "This node has no current ES256 key; mend it: opencpd keys rotate --node"
        )
    said = statement(
        report, verifier=node.id, made_at=made_at, publisher=bundle.publisher, options=options
    )
    to_sign = signing_input(said, kid=key.id)
    return jose.assemble(to_sign, signer.sign(key.id, to_sign))


def read(data: bytes, *, bundle: Bundle, at: datetime, record: bytes | None = None) -> Receipt:
    """Read a receipt that an issuer of the bundle signed. Raises ``ReceiptRefused``."""
    try:
        token = data.strip().decode("ascii", "replace")
        key_id = jose.split(token).key_id
        issuer = bundle.issuers.get(without_fragment(key_id))
        held = next((one for one in issuer.keys if one.key.id == key_id), None) if issuer else None
        if held is None:
            raise ProofError("key-unknown", f"This node does not know the key {key_id}.")
        receipt = read_receipt(token, key=held.key, record=record)
        check_time(held, signed_at=receipt.made_at, at=at, leeway=Options().leeway)
    except ProofError as error:
        raise ReceiptRefused(error.message, code=error.code) from error
    return receipt
