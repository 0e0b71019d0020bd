"""Texts of no stated language get the one they are guessed to be in, and the guess is said.

Only a long text is guessed from; it speaks for the short ones beside it, unless they are written in
another script or are themselves clearly in another language, and then they stay untagged.
"""

import re
from dataclasses import replace
from typing import Any

from app.catalogue import languages, texts
from app.catalogue.findings import Findings
from app.catalogue.model import CourseData, LanguageMap, Recognised
from app.catalogue.recognising import guessing

_MAPS = ("title", "summary", "description", "outcomes", "prerequisites")
_LONG = ("description", "outcomes", "summary")
_SHORT_BUT_TELLING = 25
_SCRIPTS = {
    "ar": r"[\u0620-\u06ff]", "fa": r"[\u0620-\u06ff]", "ur": r"[\u0620-\u06ff]",
    "ps": r"[\u0620-\u06ff]", "zh": "[一-鿿]", "ja": "[\u3040-\u30ff一-鿿]", "ko": "[가-힣]",
    "ru": "[а-яё]", "uk": "[а-яіїє]", "be": "[а-яіў]", "bg": "[а-я]", "mk": "[а-я]",
    "kk": "[а-яё]", "ky": "[а-яё]", "mn": "[а-яё]", "el": "[α-ω]", "he": "[א-ת]", "th": "[ก-๛]",
    "hi": "[\u0900-\u097f]", "mr": "[\u0900-\u097f]", "ne": "[\u0900-\u097f]",
    "bn": "[\u0980-\u09ff]", "pa": "[\u0a00-\u0a7f]", "gu": "[\u0a80-\u0aff]",
    "ta": "[\u0b80-\u0bff]", "te": "[\u0c00-\u0c7f]", "kn": "[\u0c80-\u0cff]",
    "ml": "[\u0d00-\u0d7f]", "si": "[\u0d80-\u0dff]", "km": "[\u1780-\u17ff]",
    "my": "[\u1000-\u109f]", "ka": "[ა-ჰ]", "hy": "[ա-ֆ]",
}  # fmt: skip
_SIGNS = {tag: re.compile(signs, re.IGNORECASE) for tag, signs in _SCRIPTS.items()}
_LATIN = re.compile("[a-zà-ÿ]", re.IGNORECASE)


def tagged(data: CourseData, *, found: Findings) -> CourseData:
    """The course with its untagged texts tagged, where they tell their language well enough."""
    if not any(languages.UNKNOWN in getattr(data, name) for name in _MAPS):
        return data
    where, text = max(
        ((name, _untagged(data, name)) for name in _LONG), key=lambda each: len(each[1])
    )
    guessed = guessing.guess(text)
    if guessed is None:
        return data
    language, probability = guessed
    if data.metadata_language is None:
        found.warn(
            "W-LANG-GUESSED",
            path="metadata_language",
            message=f"Guessed from its {where}, {probability:.0%} sure.",
            value=language,
            hint="Say in which language the texts are written.",
        )
    retagged: dict[str, Any] = {
        name: _retagged(getattr(data, name), name, language) for name in _MAPS
    }
    evidence = Recognised(
        "metadata_language", language, "language-model", where, text[:100].strip(),
        certainty=round(probability * 100),
    )  # fmt: skip
    return replace(
        data,
        **retagged,
        metadata_language=data.metadata_language or language,
        recognised=(*data.recognised, evidence),
    )


def _untagged(data: CourseData, name: str) -> str:
    text = str(getattr(data, name).get(languages.UNKNOWN, ""))
    return texts.plain(text[: guessing.MOST * 4]) if name == "description" else text


def _retagged(by_language: LanguageMap, name: str, language: str) -> LanguageMap:
    text = by_language.get(languages.UNKNOWN)
    if text is None or language in by_language:
        return by_language
    plain = texts.plain(text[: guessing.MOST * 4]) if name == "description" else text
    if not _SIGNS.get(language, _LATIN).search(plain):
        return by_language
    own = guessing.guess(plain, least=_SHORT_BUT_TELLING) if name not in _LONG[:1] else None
    if own and own[0] != language:
        return by_language
    return {language if tag == languages.UNKNOWN else tag: one for tag, one in by_language.items()}
