"""The file in which an agreement travels from one registry to the other, and to whoever asks. Pure.

It holds the document, the signatures that were given so far, notices that it ends, and the annexed
policies, which the document binds by their hashes. Nothing in a file is believed by being read:
``signing`` asks the keys.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.parse import Limits, Object, load_object
from app.recognition.agreements.model import Agreement
from app.recognition.agreements.reading import FORMAT_VERSION, AgreementInvalid, read_agreement

FILE_FORMAT = "opencpd-recognition-agreement-file"
FILE = Limits(size=1024 * 1024)
"""It may hold two policies beside the agreement."""
_MOST_SIGNATURES = 2


@dataclass(frozen=True, slots=True)
class AgreementFile:
    """What a file holds; of its signatures nothing is known yet."""

    agreement: Agreement
    signatures: tuple[str, ...]
    endings: tuple[str, ...] = ()
    annexes: tuple[Object, ...] = ()


def read_file(data: bytes) -> AgreementFile:
    """Read the file that travels. Raises ``AgreementInvalid``."""
    try:
        members = load_object(data, limits=FILE)
    except ProofError as error:
        raise AgreementInvalid(f"The file cannot be read: {error.message}") from error
    known = {"format", "format_version", "agreement", "signatures", "endings", "annexes"}
    if (members.get("format"), members.get("format_version")) != (FILE_FORMAT, FORMAT_VERSION):
        raise AgreementInvalid(f"The file is no {FILE_FORMAT} of version {FORMAT_VERSION}.")
    if odd := members.keys() - known:
        raise AgreementInvalid(
            f"The file has members that are not known: {', '.join(sorted(odd))}."
        )
    document = members.get("agreement")
    if not isinstance(document, dict):
        raise AgreementInvalid("The file holds no agreement.")
    return AgreementFile(
        agreement=read_agreement(document),
        signatures=tuple(_tokens(members, "signatures")),
        endings=tuple(_tokens(members, "endings")),
        annexes=tuple(_annexes(members)),
    )


def write_file(
    agreement: Agreement,
    *,
    signatures: Sequence[str],
    endings: Sequence[str] = (),
    annexes: Sequence[Object] = (),
) -> bytes:
    """The file that travels, in one form whoever writes it."""
    members: Object = {
        "format": FILE_FORMAT,
        "format_version": FORMAT_VERSION,
        "agreement": agreement.document,
        "signatures": [*signatures],
    }
    if endings:
        members["endings"] = [*endings]
    if annexes:
        members["annexes"] = [*annexes]
    return canonical_json(members)


def _tokens(members: Object, name: str) -> Iterator[str]:
    listed = members.get(name, [])
    if not isinstance(listed, list) or len(listed) > _MOST_SIGNATURES:
        raise AgreementInvalid(f"{name!r} must be a list of up to {_MOST_SIGNATURES} tokens.")
    for token in listed:
        if not isinstance(token, str):
            raise AgreementInvalid(f"{name!r} must be a list of tokens.")
        yield token


def _annexes(members: Object) -> Iterator[Object]:
    listed = members.get("annexes", [])
    if not isinstance(listed, list) or len(listed) > _MOST_SIGNATURES:
        raise AgreementInvalid("'annexes' must be a list of up to two policies.")
    for policy in listed:
        if not isinstance(policy, dict):
            raise AgreementInvalid("'annexes' must be a list of policies.")
        yield policy
