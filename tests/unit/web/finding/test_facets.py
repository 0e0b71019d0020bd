from app.search import FacetCount, Query, Results
from app.search.index import MAX_FACET_VALUES
from app.web.finding.facets import COUNTED, SHOWN, Group, counted, groups


def results(**facets: int) -> Results:
    """So many values of each facet, named by their number."""
    made = {
        name: tuple(FacetCount(f"{name}{n}", 100 - n) for n in range(number))
        for name, number in facets.items()
    }
    return Results((), 100, 1, 20, made)


def group(facet: str, query: Query, found: Results, *, unfold: str = "") -> Group:
    shown = groups(query, found, names={}, unfold=unfold)
    return next(each for each in shown if each.facet == facet)


def test_only_what_the_page_shows_is_counted() -> None:
    usual = counted(Query())
    assert "standard" not in usual.facets
    assert "society" in usual.facets
    assert usual.most_values == COUNTED
    assert "standard" in counted(Query(filters={"standard": ("ISO 9001",)})).facets
    whole = counted(Query(), unfold="standard")
    assert "standard" in whole.facets
    assert whole.most_values == MAX_FACET_VALUES
    assert counted(Query(), unfold="counts_for") == usual


def test_a_long_facet_shows_its_most_frequent_values_and_a_way_to_the_others() -> None:
    query = counted(Query("a", {"society": ("society9",)}))
    found = group("society", query, results(society=20))
    assert [choice.value for choice in found.choices] == [
        *(f"society{n}" for n in range(SHOWN)),
        "society9",
    ]
    assert found.more == "/?q=a&society=society9&unfold=society"
    assert not found.whole


def test_an_unfolded_facet_shows_all_and_says_when_there_are_rarer_ones() -> None:
    query = counted(Query(), unfold="society")
    found = group("society", query, results(society=20), unfold="society")
    assert len(found.choices) == 20
    assert (found.more, found.whole, found.partial) == (None, True, False)
    full = group("society", query, results(society=MAX_FACET_VALUES), unfold="society")
    assert full.partial


def test_a_facet_that_was_not_counted_can_be_unfolded() -> None:
    found = group("standard", counted(Query()), results(society=2))
    assert found.choices == ()
    assert found.more == "/?unfold=standard"


def test_a_facet_without_a_choice_is_not_shown_unless_it_is_in_use() -> None:
    shown = [each.facet for each in groups(Query(), results(society=1, kind=2), names={})]
    assert "society" not in shown
    assert "kind" in shown


def test_what_is_in_use_but_rarer_than_what_was_counted_has_no_number() -> None:
    query = counted(Query(filters={"society": ("rare",)}))
    many = group("society", query, results(society=COUNTED)).choices[-1]
    assert (many.value, many.count) == ("rare", None)
    few = group("society", query, results(society=3)).choices[-1]
    assert (few.value, few.count) == ("rare", 0)
