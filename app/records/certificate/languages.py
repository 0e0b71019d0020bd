"""The languages a certificate can be in: their texts, their direction, the fonts that fit them.

Texts come from ``locale/*.po`` through gettext; the catalogues are small and are read as they are.
Fonts are the system's (setting ``font_dirs`` for others); nothing is carried along. A stack names
what Debian, macOS and Windows have; whatever is missing from all of it is noticed by ``press``.
"""

import io
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_FOLDER = Path(__file__).parent / "locale"
_LATIN = ("Libertinus Serif", "Noto Serif")
_ARABIC = ("Noto Naskh Arabic", "Amiri", "Geeza Pro", "Traditional Arabic", "Noto Sans Arabic")
_URDU = ("Noto Nastaliq Urdu", "Jameel Noori Nastaleeq", "Urdu Typesetting")
_HANS = ("Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", "SimSun", "Noto Sans CJK SC")
_HANT = ("Noto Serif CJK TC", "Source Han Serif TC", "Songti TC", "PMingLiU", "Noto Sans CJK TC")
_OTHERS = ("Noto Serif", "Noto Sans", "DejaVu Serif", "DejaVu Sans")


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the page."""

    tag: str
    """BCP 47."""
    typst: tuple[str, str]
    """Language and region as typst wants them; they choose the shapes of Chinese characters."""
    fonts: tuple[str, ...]

    @property
    def locale(self) -> Locale:
        """How dates and numbers are written; of English the way most of the world does."""
        return Locale.parse("en-GB" if self.tag == "en" else self.tag, sep="-")

    @property
    def direction(self) -> str:
        return str(self.locale.text_direction)


_LATIN_STACK = (*_LATIN, *_ARABIC, *_HANS, *_OTHERS)
LANGUAGES = {
    language.tag: language
    for language in (
        Language("en", ("en", "GB"), _LATIN_STACK),
        Language("fr", ("fr", "FR"), _LATIN_STACK),
        Language("es", ("es", "ES"), _LATIN_STACK),
        Language("ru", ("ru", "RU"), _LATIN_STACK),
        Language("zh-Hans", ("zh", "CN"), (*_LATIN, *_HANS, *_ARABIC, *_OTHERS)),
        Language("zh-Hant", ("zh", "TW"), (*_LATIN, *_HANT, *_ARABIC, *_OTHERS)),
        Language("ar", ("ar", "EG"), (*_LATIN, *_ARABIC, *_HANS, *_OTHERS)),
        Language("ur", ("ur", "PK"), (*_LATIN, *_URDU, *_ARABIC, *_HANS, *_OTHERS)),
    )
}
"""By tag; the order is that in which they are offered."""

_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


def find_language(tag: str | None) -> Language | None:
    """The language of the page for a tag such as ``zh-TW``, if there is one."""
    first, *rest = (tag or "").replace("_", "-").lower().split("-")
    if first == "zh":
        return LANGUAGES["zh-Hant" if _TRADITIONAL & set(rest) else "zh-Hans"]
    return LANGUAGES.get(first)


@cache
def translations(tag: str) -> NullTranslations:
    """The texts of a language; English is what the texts are written in."""
    path = _FOLDER / f"{tag}.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=tag.replace("-", "_")))
    compiled.seek(0)
    return GNUTranslations(compiled)
