"""Every language has a word for everything, with the same places to fill."""

import ast
import inspect
import re
from fractions import Fraction
from types import ModuleType

import pytest

from app.recognition.deciding import evaluate, gates, words
from app.recognition.deciding.model import Gate, Outcome, Shortfall, Step
from app.recognition.policies import codes
from app.recognition.policies.model import Period

PLACE = re.compile(r"\{\w+\}")
ENGLISH = words.table("en")


def texts_in(module: ModuleType) -> set[str]:
    tree = ast.parse(inspect.getsource(module))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_language_has_each_entry_and_the_places_of_english(language: str) -> None:
    table = words.table(language)
    assert {group: set(entries) for group, entries in table.items()} == {
        group: set(entries) for group, entries in ENGLISH.items()
    }
    for group, entries in ENGLISH.items():
        for code, text in entries.items():
            assert table[group][code].strip(), (group, code)
            assert sorted(PLACE.findall(table[group][code])) == sorted(PLACE.findall(text)), code


@pytest.mark.parametrize("language", [one for one in words.LANGUAGES if one != "en"])
def test_a_language_is_not_english_repeated(language: str) -> None:
    same = [
        code
        for group in ("reason", "outcome_told", "appeal", "cause")
        for code, text in words.table(language)[group].items()
        if text == ENGLISH[group][code]
    ]
    assert same == []


def test_there_is_a_sentence_for_every_code_that_deciding_gives() -> None:
    said = texts_in(gates) | texts_in(evaluate)
    steps = {text for text in said if re.fullmatch(r"[a-z]+(-[a-z]+)+", text)}
    assert "counted-nowhere-before" in steps
    assert steps - {"rounded-"} <= set(ENGLISH["step"])
    reasons = {text.rstrip(":") for text in said if re.fullmatch(r"[A-Z]{2,}(_[A-Z]+)*:?", text)}
    assert {"SIG_INVALID", "CAP", "FACT_MISSING", "UNIT_TABLE_MISSING"} <= reasons
    assert reasons <= set(ENGLISH["reason"])


def test_there_is_a_name_for_every_code_of_a_policy() -> None:
    assert set(ENGLISH["outcome"]) == set(ENGLISH["outcome_told"]) == set(Outcome)
    assert set(ENGLISH["gate"]) == set(Gate)
    assert set(ENGLISH["kind"]) == set(codes.KINDS)
    assert set(ENGLISH["mode"]) == set(codes.MODES)
    assert set(ENGLISH["tag"]) == set(codes.TAGS)
    assert set(ENGLISH["measure"]) == {*codes.MEASURES, *codes.SUPPLIED_MEASURES}
    assert set(ENGLISH["delivery"]) == set(codes.DELIVERY)
    assert set(ENGLISH["period"]) == set(Period)


@pytest.mark.parametrize(
    ("amount", "language", "said"),
    [
        (Fraction(8, 5), "en", "8/5 (1.6)"),
        (Fraction(4, 3), "en", "4/3 (≈ 1.3333)"),
        (Fraction(8, 5), "fr", "8/5 (1,6)"),
        (Fraction(12), "ru", "12"),
        (Fraction(1, 100_000), "en", "1/100000 (≈ 0)"),
    ],
)
def test_an_amount_is_exact_with_a_decimal_beside(
    amount: Fraction, language: str, said: str
) -> None:
    assert words.amount(amount, language) == said


def test_a_step_is_said_with_its_figures() -> None:
    values = {"cap": "year", "max": "20", "used": "37/2", "left": "3/2", "amount": "3/2"}
    step = Step(Gate.CAPS, "capped", values)
    assert words.say(step, "en") == (
        "Limit year: at most 20, used 37/2 (18.5), left 3/2 (1.5); so 3/2 (1.5) counts."
    )
    assert "37/2 (18,5)" in words.say(step, "es")


def test_days_and_codes_are_said_as_people_say_them() -> None:
    values = {"completed": "2026-03-15", "from": "2026-01-01", "to": ""}
    step = Step(Gate.WINDOW, "within-window", values)
    said = words.say(step, "en")
    assert "15 March 2026" in said
    assert "1 January 2026 – …" in said
    delivery = words.say("DELIVERY_CRITERIA_UNMET:assessed", "fr")
    assert delivery.endswith("établi : une évaluation.")
    read = Step(Gate.LANGUAGE, "language-read", {"language": "zh-Hans"})
    assert "Simplified Chinese" in words.say(read, "en")


def test_text_from_right_to_left_keeps_what_it_holds_apart() -> None:
    said = words.say("CAP:imported-year", "ar")
    assert "\u2068imported-year\u2069" in said
    assert "\u2068" not in words.say("CAP:imported-year", "fr")


def test_a_code_without_a_word_is_shown_as_it_is() -> None:
    assert "OWN_RULE" in words.say("OWN_RULE", "en")
    assert "OWN_RULE" in words.say(
        Step(Gate.MAPPING, "OWN_RULE", {"rule": "a"}, passed=False), "ur"
    )
    assert words.name("kind", "engineering_work", "en") == "engineering_work"
    assert words.say(Step(Gate.CAPS, "later-code"), "en") == "later-code"


def test_a_line_that_refuses_for_its_content_is_said_without_the_tags_it_does_not_have() -> None:
    step = Step(Gate.MAPPING, "CONTENT_EXCLUDED", {"rule": "own-work"}, passed=False)
    assert words.say(step, "en") == "Content of this sort does not count."


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh-TW", "zh-Hant"), ("zh", "zh-Hans"), ("fr_CA", "fr"), ("sw", "en"), (None, "en")],
)
def test_a_language_is_found_by_any_tag_of_it(tag: str | None, language: str) -> None:
    assert words.find_language(tag) == language


def test_a_shortfall_names_its_unit_and_its_requirement() -> None:
    short = Shortfall("SHORT_MINIMUM", Fraction(3, 2), "ethics")
    said = "3/2 (1.5) PDH are missing for the requirement ethics."
    assert words.say_shortfall(short, "en", unit="PDH") == said
    too_few = Shortfall("TOO_FEW_CATEGORIES", Fraction(1))
    assert "PDH" not in words.say_shortfall(too_few, "en", unit="PDH")
