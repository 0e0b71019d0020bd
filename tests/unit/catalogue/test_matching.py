from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.catalogue import merging
from app.catalogue.matching import Candidate, choose, keys
from app.catalogue.merging import Part, merge
from app.catalogue.model import CourseData, CourseRun, Credit, Recognised
from app.catalogue.quality import score

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def data(**given: Any) -> CourseData:
    return CourseData(**{"title": {"en": "Bridges"}, **given})


def part(record: str, given: CourseData, *, society: str = "a", source: str = "s") -> Part:
    return Part(record, society, given, (WHEN, source, record))


def test_evidence_is_listed_strongest_first() -> None:
    found = keys(
        data(url="https://a.example/x", identifiers=(("code", "7"), ("doi", "10.1/x"))),
        society_id="a",
    )
    assert found == ("id:doi:10.1/x", "url:a.example/x", "title:a:bridges")


def test_a_key_of_any_length_fits_the_index() -> None:
    found = keys(data(url="https://a.example/" + "x" * 1900), society_id="a")
    assert max(len(key) for key in found) <= 240


def test_the_strongest_unambiguous_evidence_decides() -> None:
    own = ("id:doi:1", "url:u", "title:a:t")
    assert choose(own, [Candidate("url:u", "B", False), Candidate("id:doi:1", "A", False)]) == "A"
    assert choose(own, [Candidate("url:u", "B", False), Candidate("url:u", "C", False)]) is None
    assert choose(own, []) is None


def test_two_items_of_one_source_are_two_courses_unless_they_share_an_identifier() -> None:
    own = ("id:doi:1", "url:u", "title:a:t")
    assert choose(own, [Candidate("url:u", "A", True), Candidate("title:a:t", "A", True)]) is None
    assert choose(own, [Candidate("id:doi:1", "A", True)]) == "A"


def test_the_societys_own_record_leads_and_others_add() -> None:
    own = part("own", data(credits=(Credit("8", "CPD-point"),)))
    other = part(
        "other",
        data(
            title={"en": "Bridges (PEC)", "ur": "پل"}, credits=(Credit("1", "PDH"),), level="5",
            url="https://b.example/x",
        ),
        society="b",
    )  # fmt: skip
    for order in ([own, other], [other, own]):
        merged = merge(order, course_id="c", society_id="a")
        assert merged.data.title == {"en": "Bridges", "ur": "پل"}
        assert merged.data.credits == (Credit("8", "CPD-point"), Credit("1", "PDH"))
        assert merged.provenance == {
            "title": "own", "title.ur": "other", "credits": "own", "credits.1": "other",
            "level": "other", "url": "other",
        }  # fmt: skip


def test_the_fuller_of_two_foreign_records_leads() -> None:
    thin, full = part("1", data(level="x")), part("2", data(level="y", url="https://a.example/x"))
    assert merge([thin, full], course_id="c", society_id="z").data.level == "y"


def test_a_run_that_two_sources_tell_of_is_listed_once_and_keeps_its_id() -> None:
    run = CourseRun(start="2026-03-01", place_name="Hall")
    one = part("1", data(runs=(run, CourseRun(start="2026-04-01"))))
    two = part("2", data(runs=(run, CourseRun(start="2026-05-01"))))
    merged = merge([one, two], course_id="c", society_id="a").data.runs
    assert [run.start for run in merged] == ["2026-03-01", "2026-04-01", "2026-05-01"]
    alone = merge([one], course_id="c", society_id="a").data.runs
    assert [run.id for run in alone] == [run.id for run in merged[:2]]


def test_a_run_named_by_its_source_keeps_its_id_when_its_date_moves() -> None:
    def only_id(start: str) -> str:
        given = data(runs=(CourseRun(source_id="r1", start=start),))
        return merge([part("1", given)], course_id="c", society_id="a").data.runs[0].id

    assert only_id("2026-03-01") == only_id("2026-04-01")


def test_two_runs_of_one_record_may_share_a_day_but_never_an_id() -> None:
    runs = (
        CourseRun(source_id="r", start="2026-03-01"),
        CourseRun(source_id="r", start="2026-04-01"),
        CourseRun(start="2026-05-01", language="en"),
        CourseRun(start="2026-05-01", language="ur"),
    )
    merged = merge([part("1", data(runs=runs))], course_id="c", society_id="a").data.runs
    assert len({run.id for run in merged}) == len(merged) == 3
    assert (
        merging.merge([part("1", data(runs=runs))], course_id="c", society_id="a").data.runs
        == merged
    )


def test_quality_counts_what_a_reader_needs_and_names_the_rest() -> None:
    assert score(data()) == (
        10,
        ("description", "metadata_language", "teaching_languages", "url", "runs", "duration",
         "credits", "fields", "licence"),
    )  # fmt: skip
    full = data(
        description={"en": "<p>" + "word " * 50 + "</p>"}, metadata_language="en",
        teaching_languages=("en",), url="https://a.example/x", delivery=("online-async",),
        duration="PT1H", credits=(Credit("1", "PDH"),), fields=("0732",), licence="CC-BY-4.0",
    )  # fmt: skip
    assert score(full) == (100, ())


def _seen(field: str, value: str, where: str = "title.en") -> Recognised:
    return Recognised(field, value, "standard-named", where)


def test_what_one_record_states_another_need_not_have_recognised() -> None:
    own = part("own", data(recognised=(_seen("fields", "0732"), _seen("standards", "EN 1990"))))
    other = part("other", data(fields=("0731",), recognised=(_seen("standards", "EN 1990"),)))
    merged = merge([own, other], course_id="c", society_id="a")
    assert merged.data.fields == ("0731",)
    assert merged.data.recognised == (_seen("standards", "EN 1990"),)
    assert "recognised" not in merged.provenance


def test_a_stated_language_leads_a_guessed_one() -> None:
    guess = _seen("metadata_language", "de", "description")
    own = part("own", data(metadata_language="de", recognised=(guess,), url="https://a.example"))
    other = part("other", data(metadata_language="nl"))
    merged = merge([own, other], course_id="c", society_id="a").data
    assert (merged.metadata_language, merged.recognised) == ("nl", ())
    alone = merge([own], course_id="c", society_id="a").data
    assert (alone.metadata_language, alone.recognised) == ("de", (guess,))


def test_what_was_recognised_in_a_text_goes_with_it() -> None:
    pushed = replace(part("pushed", data(title={"en": "B"}, fields=("0732",))), pushed=True)
    fed = part("fed", data(level="5", recognised=(_seen("standards", "EN 1990"),)))
    (_, kept) = merging.heard([pushed, fed])
    assert kept.data.level == "5"
    assert kept.data.recognised == (), "its title is not heard beside the pushed one"


def test_what_an_editor_wrote_leaves_nothing_recognised_in_its_place() -> None:
    own = part("own", data(recognised=(_seen("fields", "0732"), _seen("standards", "EN 1990"))))
    merged = merge([own], course_id="c", society_id="a")
    written = merging.overridden(merged, [merging.Override("fields", "", ["0731"])])
    assert [one.field for one in written.data.recognised] == ["standards"]
