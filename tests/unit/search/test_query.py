from decimal import Decimal

import pytest

from app.platform.problems import Invalid
from app.search import CreditRange, Dates, Near, Query, Sort
from app.search.query import USUAL_KM, parse


def test_what_is_left_empty_was_not_given() -> None:
    assert parse({"q": "  ", "society": ["", " "], "page": "", "sort": ""}) == Query()


def test_parameters_become_a_query() -> None:
    asked = {"q": "steel ", "language": ["fr", "es", "fr"], "page": "2", "sort": "soonest"}
    assert parse(asked, locale="fr") == Query(
        "steel ", {"language": ("fr", "es")}, page=2, sort=Sort.SOONEST, locale="fr"
    )


def test_ranges_become_a_query() -> None:
    asked = {"from": "2027-02-01", "credit": "PDH", "credit_min": "1.5", "near": "51.51, -0.13"}
    assert parse(asked) == Query(
        filters={"credit": ("PDH",)},
        dates=Dates("2027-02-01", None),
        credits=CreditRange("PDH", Decimal("1.5"), None),
        near=Near(51.51, -0.13, USUAL_KM),
    )
    assert parse({"sort": "credits", "credit": "PDH"}).credits == CreditRange("PDH")


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"q": ["a", "b"]}, "q"),
        ({"q": "x" * 301}, "q"),
        ({"page": "-1"}, "page"),
        ({"page": "１"}, "page"),
        ({"page": "1e3"}, "page"),
        ({"per_page": "101"}, "per_page"),
        ({"page": "101", "per_page": "100"}, "page"),
        ({"country": "cn"}, "country"),
        ({"field": "07321"}, "field"),
        ({"language": "français"}, "language"),
        ({"kind": "lecture"}, "kind"),
        ({"society": "a\x00b"}, "society"),
        ({"credit": [str(n) for n in range(51)]}, "credit"),
        ({"society": "x" * 201}, "society"),
        ({"from": "2027-02-30"}, "from"),
        ({"from": "20270201"}, "from"),
        ({"from": "2027-02-02", "until": "2027-02-01"}, "until"),
        ({"credit_min": "1", "credit": ["PDH", "CEU"]}, "credit"),
        ({"credit_min": "-1", "credit": "PDH"}, "credit_min"),
        ({"credit_min": "2", "credit_max": "1.5", "credit": "PDH"}, "credit_max"),
        ({"sort": "credits"}, "credit"),
        ({"near": "London"}, "near"),
        ({"near": "86,0"}, "near"),
        ({"within": "10"}, "near"),
        ({"sort": "nearest"}, "near"),
        ({"sort": "nearest", "near": "1,1", "page": "51"}, "page"),
        ({"near": "51,0", "within": "4"}, "within"),
        ({"competence": "EC14"}, "competence"),
        ({"pace": "slow"}, "pace"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(
    params: dict[str, str | list[str]], named: str
) -> None:
    with pytest.raises(Invalid) as caught:
        parse(params)
    assert [problem.pointer for problem in caught.value.fields] == [named]
    assert caught.value.fields[0].detail


def test_every_wrong_parameter_is_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        parse({"page": "x", "sort": "y", "price": "z"})
    assert {problem.pointer for problem in caught.value.fields} == {"page", "sort", "price"}
