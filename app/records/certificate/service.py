"""Use cases: make the certificate or the badge of a record that holds.

A record is verified first, against what the caller gives, and one that does not hold gets neither:
paper cannot be called back. What is shown comes from the verified record alone.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.platform.problems import Conflict, FieldProblem, Invalid
from app.proof.baking import bake_png, bake_svg
from app.proof.errors import ProofError
from app.records.certificate import content
from app.records.certificate.content import Sheet
from app.records.certificate.languages import LANGUAGES, Language, find_language
from app.records.certificate.press import Press
from app.verification import Bundle, NotAccepted, Record, verify
from app.verification.model import COMPLETION

LONGEST_NAME = 80
_JOINERS = "\u200c\u200d"
"""Control characters that are part of how some names are written."""


class Form(StrEnum):
    """What a record can be made into for people."""

    PDF = "pdf"
    PNG = "png"
    SVG = "svg"


MEDIA_TYPES = {Form.PDF: "application/pdf", Form.PNG: "image/png", Form.SVG: "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants it."""

    form: Form
    language: str | None = None
    """A BCP 47 tag; that of the course when it is left out."""
    name: str | None = None
    """The holder's name for the page. It is set, not stored, and said not to be signed."""


class NotStanding(Conflict):
    """The record does not hold, so nothing is made of it."""

    code = "record-not-standing"


def make(
    press: Press,
    record: bytes,
    wish: Wish,
    *,
    bundle: Bundle,
    public_url: str,
    node_name: str,
    at: datetime,
) -> bytes:
    """The page or the picture, with the record in it. Raises ``NotStanding`` and ``Invalid``."""
    language = _language(wish.language)
    name = _name(wish.name)
    facts = _verified(record, bundle=bundle, at=at)
    sheet = Sheet(
        json=record,
        record=facts,
        language=language or find_language(facts.language) or LANGUAGES["en"],
        public_url=public_url,
        node_name=node_name,
        name=name,
    )
    if wish.form is Form.PDF:
        return press.page("page", content.certificate(sheet), form="pdf", at=at)
    picture = press.page("badge", content.badge(sheet), form=wish.form.value, at=at)
    return bake_png(picture, record) if wish.form is Form.PNG else bake_svg(picture, record)


def _verified(record: bytes, *, bundle: Bundle, at: datetime) -> Record:
    report = verify(record, bundle=bundle, at=at)
    try:
        facts = report.accept()
    except (NotAccepted, ProofError) as error:
        raise NotStanding(f"No certificate is made of a record that does not hold: {error}") from (
            error
        )
    if report.profile != COMPLETION or not record.lstrip().startswith(b"{"):
        raise NotStanding("Certificates are made of completion records in their JSON form alone.")
    return facts


def _language(tag: str | None) -> Language | None:
    if tag is None:
        return None
    found = find_language(tag)
    if found is None:
        detail = f"Choose one of {', '.join(LANGUAGES)}."
        raise Invalid(
            "There are no certificates in this language.",
            fields=[FieldProblem("language", "language", detail)],
        )
    return found


def _name(name: str | None) -> str | None:
    shown = " ".join((name or "").split())
    unfit = any(
        unicodedata.category(letter).startswith("C") and letter not in _JOINERS for letter in shown
    )
    if len(shown) > LONGEST_NAME or unfit:
        detail = f"A name is at most {LONGEST_NAME} characters in one line, with no control signs."
        raise Invalid("The name cannot be set.", fields=[FieldProblem("name", "name", detail)])
    return shown or None
