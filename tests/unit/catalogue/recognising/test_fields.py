import time

import pytest

from app.catalogue.recognising import fields


def _named(title: str, body: str = "") -> str | None:
    return fields.named(
        [(hit, 2) for hit in fields.terms_in(title)] + [(hit, 1) for hit in fields.terms_in(body)]
    )


@pytest.mark.parametrize(
    ("title", "code"),
    [("Design of reinforced concrete bridges", "0732"), ("混凝土结构设计原理", "0732"),
     ("Stahlbetonbau nach Eurocode", "0732"), ("Génie civil : ouvrages d'art", "0732"),
     ("Hormigón armado: diseño", "0732"), ("Расчёт железобетонных конструкций", "0732"),
     ("تصميم الخرسانة المسلحة", "0732"), ("Photovoltaikanlagen planen", "0713"),
     ("电力系统分析", "0713"), ("Промышленная робототехника", "0714"), ("Le soudage", "0715"),
     ("Naval architecture basics", "0716"), ("Wastewater for operators", "0712"),
     ("Ingeniería de minas", "0724"), ("Process safety in refineries", "0711"),
     ("Stadtplanung heute", "0731"), ("Microelectronics and power systems", "071")],
)  # fmt: skip
def test_a_title_in_the_words_of_a_trade_names_its_field(title: str, code: str) -> None:
    assert _named(title) == code


@pytest.mark.parametrize(
    "title",
    ["Software architecture", "Structural design patterns", "Version control systems",
     "Financial engineering", "Leadership for engineers", "Bridges to success", "The 55 Cnc system",
     "Wastewater and timber structures", "项目管理", "Введение", "مقدمة", ""],
)  # fmt: skip
def test_words_that_only_sound_like_a_trade_name_none(title: str) -> None:
    assert _named(title) is None


def test_a_body_of_text_must_say_more_than_a_title() -> None:
    assert _named("Introduction", "It mentions reinforced concrete once.") is None
    assert _named("Introduction", "Reinforced concrete, soil mechanics.") == "0732"


@pytest.mark.parametrize(
    ("label", "code"),
    [("Building and civil engineering", "0732"), ("BÂTIMENT ET GÉNIE CIVIL", "0732"),
     ("建筑与土木工程", "0732"), ("Elektrizität und Energie", "0713"), ("ISCED-F 0732", "0732"),
     ("0732 Building and civil engineering", "0732"), ("https://v.example/isced-f/0713", "0713"),
     ("0732 Bridges", None), ("Building", None), ("2013", None), ("ISCED-F 0777", None)],
)  # fmt: skip
def test_a_fields_own_name_is_its_code(label: str, code: str | None) -> None:
    assert fields.labelled(label) == code


def test_the_codes_are_those_of_isced_f_2013() -> None:
    known = ["00", "07", "071", "0710", "0719", "0732", "0788", "1041", "9999", "0031", "0231"]
    assert all(map(fields.is_code, known))
    assert not any(map(fields.is_code, ["0777", "0733", "11", "077", "0735", "1", ""]))


@pytest.mark.parametrize(
    "evil", ["civil " * 30_000, "ال" * 50_000, "混凝土" * 30_000, "a" * 100_000, "d'" * 50_000]
)
def test_no_text_keeps_the_reader_busy(evil: str) -> None:
    fields.terms_in("warm")
    started = time.process_time()
    fields.terms_in(evil)
    fields.labelled(evil[:300])
    assert time.process_time() - started < 0.3
