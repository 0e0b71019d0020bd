"""What may stand in an account, and the one form of it. Pure."""

import re
import unicodedata

from app.platform.problems import FieldProblem, Invalid

LONGEST_EMAIL = 254
LONGEST_NAME = 200
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@<>\"(),:;\[\]\\_]{1,190}")
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


def name(text: str) -> str:
    """A person's name as it is kept: one line, whatever script. Raises ``Invalid``."""
    shown = "".join(
        c for c in text if unicodedata.category(c) not in _HIDDEN or c in "\u200c\u200d"
    )
    made = " ".join(unicodedata.normalize("NFC", shown).split())
    if not made or len(made) > LONGEST_NAME:
        detail = f"Give a name of up to {LONGEST_NAME} characters."
        raise Invalid(detail, fields=[FieldProblem("/name", "name-form", detail)])
    return made
