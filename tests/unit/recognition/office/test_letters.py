"""Letters say in each language what they say in English."""

import json
import re
from importlib.resources import files

import pytest

from app.recognition.deciding import words
from app.recognition.office import letters
from app.records.certificate.languages import LANGUAGES

PLACES = re.compile(r"\{(\w+)\}")


def texts(tag: str) -> dict[str, str]:
    path = files(letters).joinpath(f"texts/{tag}.json")
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("tag", words.LANGUAGES)
def test_every_language_says_everything_with_the_same_places(tag: str) -> None:
    english, other = texts("en"), texts(tag)
    assert list(other) == list(english)
    for name, text in other.items():
        assert text.strip()
        assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(english[name])), (tag, name)
    same = [name for name in english if other[name] == english[name]]
    assert tag == "en" or len(same) <= 2, same


def test_letters_have_the_languages_of_words_and_of_the_press() -> None:
    folder = files(letters).joinpath("texts")
    there = {one.name.removesuffix(".json") for one in folder.iterdir()}
    assert there == set(words.LANGUAGES) == set(LANGUAGES)
