"""The language of a text that does not say it, from long texts only.

py3langid's model, restricted to the languages that catalogues of engineers are written in. It needs
100 MB and half a second, so that it is loaded when the first text needs it and never before: a node
whose sources state their languages, and a command that only verifies, go without it and without
numpy. Reading is safe from several threads; loading is locked.
"""

import threading
from functools import cache
from importlib import import_module
from typing import Protocol, cast

LEAST = 60
"""Characters of plain text: below, as in titles, a fifth of the answers is wrong."""

SURE = 0.9
"""Below this probability the language stays unknown."""

MOST = 160
"""Characters that are looked at; with more, 9 of 1,310 real descriptions were judged otherwise, all
but one of them not at all."""

LANGUAGES = (
    "ar", "az", "be", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi",
    "fr", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "it", "ja", "ka", "kk", "km", "kn", "ko",
    "ky", "la", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "ne", "nl", "no", "pa", "pl", "ps",
    "pt", "ro", "ru", "si", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk",
    "ur", "uz", "vi", "zh",
)  # fmt: skip
_UNTAGGED = frozenset({"la", "tl"})
"""Known to the model to catch what is no other language (filler text), never an answer."""

_LOADING = threading.Lock()


class _Model(Protocol):
    def set_languages(self, langs: list[str]) -> None: ...
    def classify(self, instance: str) -> tuple[str, float]: ...


class _Makes(Protocol):
    def from_model_file(self, model_file: str, *, norm_probs: bool) -> _Model: ...


def guess(text: str, *, least: int = LEAST) -> tuple[str, float] | None:
    """The language of a plain text and how probable it is; ``None`` when that is not enough."""
    text = text[:MOST]
    if len(text) < least:
        return None
    with _LOADING:
        model = _model()
    language, probability = model.classify(text)
    if probability < SURE or language in _UNTAGGED:
        return None
    return language, min(probability, 0.99)


@cache
def _model() -> _Model:
    # Imported here, not above: whoever imports the catalogue must not pay for numpy and the model.
    module = import_module("py3langid.langid")
    made = cast(_Makes, module.LanguageIdentifier).from_model_file(
        module.MODEL_FILE, norm_probs=True
    )
    made.set_languages(list(LANGUAGES))
    return made
