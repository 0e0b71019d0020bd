"""What may stand in an account and in a membership, and the one form of it. Pure."""

import re
import unicodedata
from collections.abc import Collection

import langcodes

from app.identity.model import Kind, Role
from app.identity.rules import allowed
from app.platform.problems import FieldProblem, Invalid

LONGEST_EMAIL = 254
LONGEST_NAME = 200
LONGEST_NOTE = 500
LONGEST_TAG = 35
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@<>\"(),:;\[\]\\_]{1,190}")
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def email(text: str) -> str:
    """An e-mail address in the one form it is kept in. Raises ``Invalid``.

    The domain in lower case and ASCII (RFC 5891), the part before it in lower case too: no provider
    of today tells two people apart by capitals, and an account must not be taken by them. Whether
    somebody reads it is shown by a mail, so the form is only what a header and a database can hold.
    """
    given = unicodedata.normalize("NFC", text).strip()
    local, _, domain = given.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        ascii_domain = ""
    made = f"{local.lower()}@{ascii_domain}"
    hidden = any(unicodedata.category(character) in _HIDDEN for character in given)
    # Readers of headers take "=?" for an encoded word (RFC 2047) and would see another address.
    hidden = hidden or "=?" in made
    good = _EMAIL.fullmatch(made) and "." in ascii_domain.strip(".") and len(made) <= LONGEST_EMAIL
    if hidden or not (good or made.endswith("@localhost")):
        raise Invalid(
            "This is not an e-mail address.",
            fields=[FieldProblem("/email", "email-form", "Write it as name@example.org.")],
        )
    return made


def _one_line(text: str) -> str:
    """The text without what is not seen, but for the joiners that Persian and Hindi need."""
    seen = (c for c in text if unicodedata.category(c) not in _HIDDEN or c in "\u200c\u200d")
    return " ".join(unicodedata.normalize("NFC", "".join(seen)).split())


def name(text: str) -> str:
    """A person's name as it is kept: one line, whatever script. Raises ``Invalid``."""
    made = _one_line(text)
    if not made or len(made) > LONGEST_NAME:
        detail = f"Give a name of up to {LONGEST_NAME} characters."
        raise Invalid(detail, fields=[FieldProblem("/name", "name-form", detail)])
    return made


def note(text: str) -> str:
    """A few lines to somebody who is invited. Raises ``Invalid``."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    made = re.sub(r"\n{3,}", "\n\n", "\n".join(map(_one_line, lines))).strip()
    if len(made) > LONGEST_NOTE:
        detail = f"Write up to {LONGEST_NOTE} characters."
        raise Invalid(detail, fields=[FieldProblem("/note", "note-long", detail)])
    return made


def roles(given: Collection[str]) -> frozenset[Role]:
    """The roles of these names. Raises ``Invalid`` for none, and for one that there is not."""
    if not given or not set(given) <= set(Role):
        mend = f"Choose from {', '.join(Role)}."
        raise Invalid("A member needs a role.", fields=[FieldProblem("/roles", "role", mend)])
    return frozenset(map(Role, given))


def beyond(scopes: Collection[str], concerned: Collection[Role], kind: Kind) -> frozenset[Role]:
    """Those of the roles that allow more than ``scopes``: their holder can neither give nor take.

    An owner has every scope, so this binds programs that manage members and may do little else.
    """
    return frozenset(role for role in concerned if not allowed({role}, kind) <= set(scopes))


def leaves_no_owner(owners: Collection[str], person_id: str, roles_then: Collection[Role]) -> bool:
    """Whether nobody would own the organisation once the person has ``roles_then`` there.

    ``owners`` are the persons who own it now. One that nobody owns yet can lose nothing.
    """
    return Role.OWNER not in roles_then and set(owners) == {person_id}


def masked(address: str) -> str:
    """An address as it is shown to whoever has a link: recognised by its owner, told to nobody."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def language(text: str) -> str:
    """A language tag in its one form (BCP 47). Raises ``Invalid``."""
    if len(text) <= LONGEST_TAG and _TAG.fullmatch(text) and langcodes.tag_is_valid(text):
        return langcodes.standardize_tag(text)
    detail = "Give a language tag such as en, zh-Hans or ar."
    raise Invalid("This is no language.", fields=[FieldProblem("/language", "language", detail)])
