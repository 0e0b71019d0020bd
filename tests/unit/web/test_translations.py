"""The translations of pages: all there, for what the code says today, with the same places."""

import re

import pytest
from babel.messages.catalog import Catalog

from app.web.languages.choosing import ENGLISH, Language
from app.web.languages.messages import translations_of
from app.web.rendering import TRANSLATED
from tests.translations import identity, kept, others, places, pot, said, wanted

RENEW = "run: python -m tests.translations, and translate what it prints"
LATIN_IS_RIGHT = {"API", "CPD", "RSS", "JSON"}


@pytest.fixture(scope="module")
def messages() -> Catalog:
    return pot()


@pytest.fixture(params=others(), ids=lambda one: one.code)
def language(request: pytest.FixtureRequest) -> Language:
    found: Language = request.param
    return found


def test_translated_pages_have_all_their_messages(language: Language, messages: Catalog) -> None:
    there = {identity(one) for one in kept(language) if one.id and all(said(one))}
    missing = [identity(one) for one in wanted(messages) if identity(one) not in there]
    assert missing == [], RENEW


def test_what_must_be_there_is_found_where_pages_are_put_together(messages: Catalog) -> None:
    assert "search.html" in TRANSLATED
    found = {identity(one) for one in wanted(messages)}
    # Of a page, of what it takes in, of its frame, of a table, of a module and with a plural.
    assert {
        "Search courses", "Apply filters", "Skip to the content", "Materials", "Halfway goes up.",
        ("%(shown)s course found", "%(shown)s courses found"),
    } <= found  # fmt: skip


def test_no_translation_is_of_a_message_that_is_gone(language: Language, messages: Catalog) -> None:
    current = {identity(one) for one in messages if one.id}
    gone = [identity(one) for one in kept(language) if one.id and identity(one) not in current]
    assert gone == [], RENEW


def test_translations_keep_the_places_that_are_filled_in(language: Language) -> None:
    for message in kept(language):
        if message.id:
            known = identity(message)
            english = places(known if isinstance(known, str) else known[1])
            for text in said(message):
                assert places(text) == english, text
                assert text == text.strip(), text
                assert "%" not in re.sub(r"%\(\w+\)s| %", "", text), text


def test_every_plural_form_of_a_language_is_written(language: Language) -> None:
    catalog = kept(language)
    assert catalog.num_plurals == {"zh": 1, "ar": 6, "ru": 3}.get(language.code, 2)
    for message in catalog:
        if message.id and not isinstance(message.id, str):
            assert len(said(message)) == catalog.num_plurals


def test_scripts_are_not_mixed_up(language: Language) -> None:
    script = {"zh": "[一-鿿]", "ar": "[؀-ۿ]", "ur": "[؀-ۿ]", "ru": "[А-яё]"}.get(
        language.code, "[A-Za-z]"
    )
    for message in kept(language):
        if message.id and message.id not in LATIN_IS_RIGHT:
            for text in said(message):
                bare = re.sub(r"%\(\w+\)s|\{\w*\}", "", text)
                assert re.search(script, bare) or not re.search(r"\w", bare), text


@pytest.mark.parametrize(
    ("code", "number", "form"),
    [("ar", 0, 0), ("ar", 2, 2), ("ar", 3, 3), ("ar", 11, 4), ("ar", 100, 5), ("ru", 1, 0),
     ("ru", 3, 1), ("ru", 11, 2), ("ru", 21, 0), ("fr", 0, 0), ("fr", 2, 1), ("es", 0, 1),
     ("ur", 1, 0), ("zh", 9, 0)],
)  # fmt: skip
def test_numbers_take_the_form_of_their_language(code: str, number: int, form: int) -> None:
    one, many = "%(shown)s course found", "%(shown)s courses found"
    language = next(each for each in others() if each.code == code)
    forms = said(next(each for each in kept(language) if each.id and identity(each) == (one, many)))
    assert translations_of(language).ngettext(one, many, number) == forms[form]


def test_english_is_what_the_code_says() -> None:
    assert translations_of(ENGLISH).gettext("Search courses") == "Search courses"
