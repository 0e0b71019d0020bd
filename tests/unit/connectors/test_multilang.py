"""Texts that hold several languages."""

import time

import pytest

from connectors.moodle import multilang


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Bridges", {"und": "Bridges"}),
        ("", {}),
        ("{mlang en}Bridges{mlang}{mlang zh_cn}桥梁{mlang}", {"en": "Bridges", "zh-CN": "桥梁"}),
        ("{mlang en}Bridges{mlang}{mlang other}Ponts{mlang}", {"en": "Bridges", "und": "Ponts"}),
        ("CPD: {mlang en}Wind{mlang}{mlang de}Wind am Bau{mlang} (1)",
         {"en": "CPD: Wind (1)", "de": "CPD: Wind am Bau (1)"}),
        ("{mlang de,nl}Beton{mlang}{mlang en}Concrete{mlang}",
         {"de": "Beton", "nl": "Beton", "en": "Concrete"}),
        ("{ MLANG EN }Steel{ mlang }", {"en": "Steel"}),
        ("<p>{mlang en}</p><p>Hi <b>you</b></p><p>{mlang}</p>",
         {"en": "<p></p><p>Hi <b>you</b></p><p></p>"}),
        ("{mlang en}Never closed", {"en": "Never closed"}),
        ("{mlang en}One{mlang de}Zwei", {"en": "One", "de": "Zwei"}),
        ("{mlang}Nothing opened", {"und": "Nothing opened"}),
        ("{mlang en}{mlang}", {}),
        ("{mlanguage en}x{mlang!}", {"und": "{mlanguage en}x{mlang!}"}),
        ('<span lang="en" class="multilang">A</span> <span class="multilang" lang="es_mx">B</span>',
         {"en": "A", "es-MX": "B"}),
        ('<span class="multilang" lang="en">A <span style="x">B</span> C</span>!',
         {"en": 'A <span style="x">B</span> C!'}),
        ('<span style="x">plain</span>', {"und": '<span style="x">plain</span>'}),
        ("</span>x<span lang='fr' class='multilang'>y", {"fr": "</span>xy"}),
    ],
)  # fmt: skip
def test_a_text_is_told_apart_by_language(given: str, meant: dict[str, str]) -> None:
    assert multilang.texts(given) == meant


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("en", "en"), ("zh_cn", "zh-CN"), ("pt_br", "pt-BR"), ("de_du", "de"),
        ("en_us_wp", "en-US"), ("sr_lt", "sr-Latn"), ("sr_cr", "sr-Cyrl"),
        ("en_kids", "en"), ("es-MX", "es-MX"),
        ("uz_cyrl", "uz-Cyrl"), ("es_419", "es-419"), ("FR", "fr"),
    ],
)  # fmt: skip
def test_a_language_packs_code_becomes_a_tag(code: str, tag: str) -> None:
    assert multilang.tag(code) == tag


def test_where_one_language_is_wanted_english_is_taken_first() -> None:
    assert multilang.one("{mlang de}Bau{mlang}{mlang en}Civil{mlang}") == "Civil"
    assert multilang.one("{mlang de}Bau{mlang}{mlang fr}Génie{mlang}") == "Bau"
    assert multilang.one("{mlang de}{mlang}") == ""


@pytest.mark.parametrize(
    "hostile",
    [
        "{mlang " * 50_000,
        "{mlang en}" * 30_000,
        "".join(f"{{mlang x{n}}}y" for n in range(20_000)),
        "<span" * 60_000,
        '<span class="multilang" lang="en">' * 5_000 + "</span>" * 5_000,
        "{mlang " + " " * 100_000,
        "{mlang " + "en," * 40_000 + "}x",
        "<span " + "lang=" * 40_000 + ">",
    ],
)
def test_a_hostile_text_costs_little_and_says_few_languages(hostile: str) -> None:
    before = time.process_time()
    found = multilang.texts(hostile)
    assert time.process_time() - before < 2
    assert len(found) <= multilang.MAX_LANGUAGES + 1
