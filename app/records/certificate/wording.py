"""What a certificate calls things, in each language.

The texts are marked for gettext here and looked up in ``languages.translations``. A code that is
not known is shown as it is: nothing that was signed is left out for want of a word.
"""

from collections.abc import Mapping
from datetime import date
from gettext import NullTranslations

from babel.dates import format_date, format_interval
from babel.numbers import format_decimal

from app.records.certificate.languages import Language, translations
from app.verification import Result


def N_(text: str) -> str:  # noqa: N802 - gettext's name for "mark, do not translate here"
    return text


MINUTES = frozenset({"ext:ContactMinutes", "ext:WorkloadMinutes"})
FACTS: Mapping[str, str] = {
    "ext:ContactMinutes": N_("Contact time"),
    "ext:WorkloadMinutes": N_("Workload"),
    "ext:FullDays": N_("Full days"),
    "ext:ActivityKind": N_("Kind of activity"),
    "ext:DeliveryMode": N_("Delivery"),
    "ext:Assessed": N_("Assessed"),
    "ext:AssessmentResult": N_("Result of the assessment"),
    "ext:TeachingLanguages": N_("Languages"),
    "ext:Country": N_("Country"),
}
VALUES: Mapping[str, Mapping[str, str]] = {
    "ext:ActivityKind": {
        "course": N_("Course"),
        "conference": N_("Conference"),
        "webinar_live": N_("Live webinar"),
        "self_paced": N_("Self-paced course"),
        "formal_study": N_("Formal study"),
        "in_house": N_("In-house training"),
        "private_study": N_("Private study"),
        "work_learning": N_("Learning at work"),
        "mentoring": N_("Mentoring"),
        "teaching": N_("Teaching"),
        "publication": N_("Publication"),
        "service": N_("Service to the profession"),
        "membership": N_("Membership"),
    },
    "ext:DeliveryMode": {
        "onsite": N_("On site"),
        "online-live": N_("Online, live"),
        "online-async": N_("Online, at one's own pace"),
        "blended": N_("Blended"),
        "self-study": N_("Self-study"),
    },
    "ext:Assessed": {"true": N_("Yes"), "false": N_("No")},
    "ext:AssessmentResult": {"passed": N_("Passed"), "failed": N_("Failed")},
}
ROLES: Mapping[str, str] = {
    "participant": N_("Participant"),
    "presenter": N_("Presenter"),
    "instructor": N_("Instructor"),
    "author": N_("Author"),
    "mentor": N_("Mentor"),
}
ALIGNMENTS: Mapping[str, str] = {
    "ceasn:Competency": N_("Competences"),
    "ext:FieldOfStudy": N_("Fields of study"),
    "ext:TechnicalStandard": N_("Standards"),
}
TEXTS: Mapping[str, str] = {
    "certificate": N_("Certificate of completion"),
    "awarded_to": N_("Awarded to"),
    "completed_on": N_("Completed on"),
    "took_place": N_("Took place"),
    "took_part_as": N_("Took part as"),
    "issued_on": N_("Record issued on"),
    "claimed": N_("Claimed by the issuer"),
    "more": N_("More"),
    "holder": N_("Holder"),
    "issuer": N_("Issuer"),
    "record": N_("Record"),
    "aligned_to": N_("Aligned to"),
    "verify": N_("Verify this certificate"),
    "with_code": N_(
        "Scan the code with a phone, or give this file at {address}. The code and the file "
        "attached to this page each hold the whole signed record, so it can be verified without "
        "a network too."
    ),
    "without_code": N_(
        "Give this file at {address}. The file attached to this page holds the whole signed "
        "record, so it can be verified without a network too. It is too long for a printed code."
    ),
    "what_counts": N_(
        "What counts is the signed record, and whether it still stands on the day it is verified. "
        "This page only shows it."
    ),
    "name_unsigned": N_(
        "The name was given when this page was made; it is not part of the signed record."
    ),
    "code": N_("The signed record as a code"),
    "badge": N_("Completed"),
}


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self._locale = language.locale
        self._texts: NullTranslations = translations(language.tag)

    def say(self, name: str) -> str:
        """One of ``TEXTS``."""
        return self._texts.gettext(TEXTS[name])

    def call(self, code: str, table: Mapping[str, str]) -> str:
        """What people call a code, or the code."""
        return self._texts.gettext(table[code]) if code in table else code

    def day(self, value: date) -> str:
        return str(format_date(value, "long", locale=self._locale))

    def days(self, start: date | None, end: date | None) -> str:
        if start and end and start != end:
            return str(format_interval(start, end, "yMMMd", locale=self._locale))
        return self.day(start or end or date.min)

    def time(self, minutes: int) -> str:
        """Minutes as hours and minutes."""
        hours, rest = divmod(minutes, 60)
        said = []
        if hours:
            said.append(self._texts.ngettext("{count} hour", "{count} hours", hours))
        if rest or not hours:
            said.append(self._texts.ngettext("{count} minute", "{count} minutes", rest))
        counts = [hours, rest] if hours else [rest]
        return " ".join(
            text.format(count=format_decimal(count, locale=self._locale))
            for text, count in zip(said, counts, strict=False)
        )

    def fact(self, result: Result) -> tuple[str, str]:
        """A measured fact: what it is, and its value in its unit."""
        value = result.value or result.status or ""
        name = self.call(result.kind, FACTS)
        if result.kind in MINUTES and value.isascii() and value.isdigit():
            value = self.time(int(value))
        elif result.kind == "ext:Country":
            value = str(self._locale.territories.get(value, value))
        elif result.kind == "ext:TeachingLanguages":
            value = ", ".join(self._language(tag.strip()) for tag in value.split(","))
        elif result.name.startswith("Claimed by the issuer"):
            unit = result.kind.removeprefix("ext:")
            name, value = self.say("claimed"), f"{value} {unit}"
        else:
            value = self.call(value, VALUES.get(result.kind, {}))
        return (result.name if name == result.kind else name), value

    def _language(self, tag: str) -> str:
        return str(self._locale.languages.get(tag.replace("-", "_"), tag))

    def more(self, count: int) -> str:
        """How many entries are not shown for want of room."""
        text = self._texts.ngettext(
            "and {count} more, in the record", "and {count} more, in the record", count
        )
        return text.format(count=format_decimal(count, locale=self._locale))
