"""The messages of pages by language, read from ``app/web/locale`` when a language is first used.

Translators' files are read as they are (``.po``): no built file can be older than its source.
"""

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from app.web.languages.choosing import ENGLISH, Language

LOCALE = Path(__file__).parent.parent / "locale"
DOMAIN = "opencpd"


def po_file(language: Language) -> Path:
    """Where the translations into a language stand."""
    return LOCALE / str(language.locale) / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def translations_of(language: Language) -> NullTranslations:
    """The messages of a language; what is not translated, or marked as doubtful, is English."""
    if language == ENGLISH:
        return NullTranslations()
    built = BytesIO()
    with po_file(language).open("rb") as file:
        write_mo(built, read_po(file, locale=language.locale, domain=DOMAIN))
    built.seek(0)
    return Translations(built, domain=DOMAIN)
