"""What may be entered into a register, and the one form of it. Pure."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from app.identity.people import rules
from app.identity.people.registrations import LONGEST_NUMBER
from app.platform.problems import FieldProblem, Invalid
from app.recognition.policies.model import Span

LONGEST_REASON = 500
FIRST_YEAR = 1900
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with: a spreadsheet that opens an export would run it."""
_HOLDER = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DID = re.compile(r"did:[a-z0-9]{1,20}:[A-Za-z0-9._%:~-]{1,300}")
_TAG = re.compile(r"[\w][\w .:+/()-]{0,99}")
_TYPE = re.compile(r"ext:[A-Za-z0-9._-]{1,56}")


@dataclass(slots=True)
class Form:
    """Fields under examination; what is wrong with them is told at once, in the end."""

    problems: list[FieldProblem] = field(default_factory=list)

    def wrong(self, name: str, code: str, mend: str) -> None:
        """Note that a field is wrong."""
        self.problems.append(FieldProblem(f"/{name}", code, mend))

    def line(self, name: str, text: str, *, longest: int, needed: bool = False) -> str:
        """One line of text without what is not seen."""
        made = " ".join(unicodedata.normalize("NFC", text).split())
        if needed and not made:
            self.wrong(name, f"{name}-missing", f"Give it in up to {longest} characters.")
        elif len(made) > longest:
            self.wrong(name, f"{name}-long", f"Give it in up to {longest} characters.")
        elif made and not made.replace("\u200c", "").replace("\u200d", "").isprintable():
            self.wrong(name, f"{name}-form", "Leave out what cannot be seen.")
        elif made.startswith(FORMULA):
            self.wrong(name, "formula", "A cell must not begin with =, +, - or @.")
        return made

    def day(self, name: str, text: str) -> date | None:
        """A day as ISO 8601, or none."""
        if not text.strip():
            return None
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            day = date.min
        if day.year < FIRST_YEAR:
            self.wrong(name, "date-form", "Write the day as 2020-05-31.")
            return None
        return day

    def span(self, first: str, last: str) -> Span:
        """Days from ``valid_from`` to ``valid_to``, either of which may be open."""
        span = Span(self.day("valid_from", first), self.day("valid_to", last))
        self.order("valid_to", span.first, span.last)
        return span

    def order(self, name: str, first: date | None, last: date | None) -> None:
        """The second of two days must not lie before the first."""
        if first and last and last < first:
            self.wrong(name, "time-order", "Let it end on the day it began, or after.")

    def matching(self, name: str, text: str, form: re.Pattern[str], mend: str) -> str:
        """Text of one form."""
        made = text.strip()
        if not form.fullmatch(made):
            self.wrong(name, f"{name}-form", mend)
        return made

    def number(self, text: str) -> str:
        """A registrant's number, in the form in which people state it (``registrations``)."""
        return self.line("number", text, longest=LONGEST_NUMBER, needed=True)

    def language(self, text: str) -> str | None:
        """A language tag, or none."""
        return self._checked(rules.language, text) if text.strip() else None

    def holder(self, text: str) -> str:
        """The id by which records name their holder."""
        return self.matching("holder_id", text, _HOLDER, "Give the record's urn:uuid:... of it.")

    def issuer(self, text: str) -> str:
        """An issuer's id."""
        return self.matching("issuer_id", text, _DID, "Give the issuer's id, such as did:web:...")

    def tag(self, text: str) -> str:
        """A tag that a policy's issuers gate asks for."""
        mend = "Write it as the policy does, such as cse-listed-society."
        return self.matching("tag", text, _TAG, mend)

    def number_type(self, text: str) -> str:
        """A type of identifiers."""
        return self.matching("types", text, _TYPE, "Write it as ext:RegisterNumber.")

    def _checked(self, check: Callable[[str], str], text: str) -> str | None:
        try:
            return check(text.strip())
        except Invalid as error:
            self.problems.extend(error.fields)
            return None

    def close(self, detail: str) -> None:
        """Raise ``Invalid`` if anything was wrong."""
        if self.problems:
            raise Invalid(detail, fields=self.problems)


def reason(text: str) -> str:
    """Why something was ended, for who reads the history. Raises ``Invalid``."""
    form = Form()
    made = form.line("reason", text, longest=LONGEST_REASON, needed=True)
    form.close("Say why.")
    return made


def folded(*texts: str) -> str:
    """Texts as they are searched: whatever the case, the width and the accents."""
    decomposed = unicodedata.normalize("NFKD", " ".join(texts).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))[:800]
