from decimal import Decimal

import pytest
from starlette.datastructures import QueryParams

from app.search import Query, Sort
from app.search.counting import Asked
from app.search.helping import Help, Without
from app.search.index import CreditRange, Dates, Near
from app.search.query import parse
from app.web.finding.addresses import address, given, parameters, understood, unfolded
from app.web.finding.chips import limits, unlimited
from app.web.finding.helping import offered

NARROW = (
    "/?q=bridge&language=en&credit=PDH&from=2027-01-01&until=2027-02-01&credit_min=1.5"
    "&near=51.5%2C-0.125&within=100&sort=credits"
)


def of(text: str) -> dict[str, list[str]]:
    return given(QueryParams(text.removeprefix("/?")))


def read(text: str) -> Query:
    query, _, wrong = understood(of(text), locale="en")
    assert wrong == ()
    return query


def test_an_address_says_everything_and_is_read_as_what_it_was_made_of() -> None:
    query = read(NARROW)
    assert query.dates == Dates("2027-01-01", "2027-02-01")
    assert query.credits == CreditRange("PDH", Decimal("1.5"))
    assert query.near == Near(51.5, -0.125, 100)
    assert address(query) == NARROW
    assert parse(parameters(query)) == query


def test_empty_and_foreign_parameters_are_no_part_of_an_address() -> None:
    assert address(read("/?q=a&sort=&from=&near=&utm_source=letter&within=")) == "/?q=a"


def test_an_address_keeps_the_page_and_what_is_unfolded_only_where_it_is_told_to() -> None:
    query = read("/?q=a&page=3")
    assert address(query) == "/?q=a"
    assert address(query, page=3, unfold="society") == "/?q=a&page=3&unfold=society"
    assert unfolded(QueryParams("unfold=society")) == "society"
    assert unfolded(QueryParams("unfold=counts_for")) == "counts_for"
    assert unfolded(QueryParams("unfold=nothing")) == ""


@pytest.mark.parametrize(
    ("asked", "wrong", "rest"),
    [
        ("/?q=a&from=soon&price=free", ["from"], "/?q=a&price=free"),
        ("/?q=a&from=2027-02-01&until=2027-01-01", ["until"], "/?q=a&from=2027-02-01"),
        ("/?q=a&credit_min=2", ["credit"], "/?q=a"),
        ("/?q=a&credit=PDH&credit=CPD&sort=credits", ["credit"], "/?q=a&credit=PDH&credit=CPD"),
        ("/?q=a&within=10", ["near"], "/?q=a"),
        ("/?q=a&sort=nearest", ["near"], "/?q=a"),
        ("/?q=a&sort=counts_for", ["sort"], "/?q=a"),
        ("/?q=a&counts_for=NO", ["counts_for"], "/?q=a"),
        ("/?q=a&page=900&per_page=100", ["page"], "/?q=a&per_page=100"),
        ("/?q=a&kind=x&price=y&page=z", ["kind", "page", "price"], "/?q=a"),
        ("/?q=" + "a" * 301, ["q"], "/"),
    ],
)
def test_what_makes_no_sense_is_named_and_left_out(asked: str, wrong: list[str], rest: str) -> None:
    query, who, found = understood(of(asked), locale="en")
    assert sorted(problem.pointer for problem in found) == wrong
    assert address(query, asked=who) == rest


def test_amounts_and_orders_go_with_the_choice_they_belong_to() -> None:
    query = read(NARROW)
    assert "credit" not in address(query, filters={"language": ("en",)})
    assert "sort" not in address(query, filters={"language": ("en",)})
    both = {"credit": ("PDH", "CPD")}
    assert "credit_min" not in address(query, filters=both)


def test_every_limit_can_be_taken_away_alone_and_all_together() -> None:
    query = read(NARROW)
    found = {chip.name: chip for chip in limits(query, asked=Asked(("ebk",)))}
    assert list(found) == ["from", "until", "credit_min", "near"]
    assert found["near"].value == "51.5,-0.125"
    for name, chip in found.items():
        assert f"{name}=" not in chip.without
        assert "counts_for=ebk" in chip.without
        assert all(f"{other}=" in chip.without for other in found if other != name)
    assert "within" not in found["near"].without
    assert unlimited(query, asked=Asked()) == "/?q=bridge"


def test_the_order_by_distance_goes_with_the_place() -> None:
    query = read("/?q=a&near=1,2&sort=nearest")
    assert query.sort is Sort.NEAREST
    assert limits(query, asked=Asked())[0].without == "/?q=a"


def test_ways_out_lead_to_the_search_without_one_condition() -> None:
    names = ("q", "language", "credit", "from", "near", "credit_min")
    found = Help(without=tuple(Without(name, 3) for name in names))
    ways = {way.name: way.address for way in offered(read(NARROW), found, asked=Asked()).ways}
    assert list(ways) == list(names)
    assert "q=" not in ways["q"]
    assert "language" not in ways["language"]
    assert "credit" not in ways["credit"]
    assert "from" not in ways["from"]
    assert "until" not in ways["from"]
    assert "near" not in ways["near"]
    assert "credit=PDH" in ways["credit_min"]
    assert "credit_min" not in ways["credit_min"]
