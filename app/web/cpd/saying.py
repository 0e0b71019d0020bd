"""What deciding has found, said to one reader: in the language he or she asked to be written to in.

Else in the page's language. Amounts stay exact: a number that has no short decimal is written as a
whole and a fraction.
"""

from fractions import Fraction

from babel import Locale
from babel.numbers import format_decimal
from babel.units import format_unit
from sqlalchemy.orm import Session

from app.identity.model import Visitor
from app.identity.people import service as people
from app.recognition.deciding import words
from app.recognition.deciding.model import Outcome, Shortfall, Step

_SCALE = 10**4
_HOUR = 60


class Saying:
    """One reader's words."""

    def __init__(self, language: str) -> None:
        self.tag = words.find_language(language)
        self.locale = Locale.parse("en-GB" if self.tag == "en" else self.tag, sep="-")
        self.direction = self.locale.text_direction

    def step(self, step: Step) -> str:
        """A step of a trace as a sentence."""
        return words.say(step, self.tag)

    def reason(self, code: str) -> str:
        """A reason as a sentence."""
        return words.say(code, self.tag)

    def outcome(self, outcome: Outcome) -> str:
        """An outcome's name."""
        return words.name("outcome", outcome.value, self.tag)

    def means(self, outcome: Outcome) -> str:
        """What an outcome means, as a sentence."""
        return words.say_outcome(outcome, self.tag)

    def shortfall(self, shortfall: Shortfall, unit: str | None = None) -> str:
        """A requirement that is not met."""
        return words.say_shortfall(shortfall, self.tag, unit=unit)

    def cause(self, cause: str) -> str:
        """Why a decision was made."""
        return words.say_cause(cause, self.tag)

    def appeal(self, state: str) -> str:
        """How an appeal stands."""
        return words.say_appeal(state, self.tag)

    def name(self, group: str, code: str | None) -> str:
        """What people call a code; one without a name is shown as it is."""
        return words.name(group, code, self.tag) if code else ""

    def amount(self, amount: Fraction | None) -> str:
        """``3/2`` as 1.5, ``64/3`` as 21 1/3."""
        if amount is None:
            return ""
        scaled = amount * _SCALE
        if scaled.denominator == 1:
            decimal = format_decimal(amount.numerator, locale=self.locale)
            if amount.denominator != 1:
                decimal = format_decimal(_decimal(amount), "#,##0.####", locale=self.locale)
            return str(decimal)
        whole, rest = divmod(amount.numerator, amount.denominator)
        part = f"{rest}/{amount.denominator}"
        return f"{whole} {part}" if whole else part

    def minutes(self, minutes: Fraction) -> str:
        """``150`` as 2 hours, 30 minutes."""
        hours, rest = divmod(minutes, _HOUR)
        said = []
        if hours:
            said.append(format_unit(int(hours), "duration-hour", "long", locale=self.locale))
        if rest or not hours:
            said.append(self._unit(rest))
        return " ".join(said)

    def _unit(self, minutes: Fraction) -> str:
        whole = minutes if minutes.denominator == 1 else round(minutes)
        return str(format_unit(int(whole), "duration-minute", "long", locale=self.locale))


def of_reader(session: Session, visitor: Visitor, page: Locale) -> Saying:
    """The words of who reads: in his or her own language, or else in the page's."""
    person = people.get_person(session, visitor.person_id)
    return Saying(person.language or str(page).replace("_", "-"))


def _decimal(amount: Fraction) -> str:
    scaled = amount * _SCALE
    text = f"{abs(scaled.numerator):05d}"
    sign = "-" if amount < 0 else ""
    return f"{sign}{text[:-4]}.{text[-4:]}"
