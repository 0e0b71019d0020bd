"""What schema.org's properties become, in each of the ways in which pages write them."""

from typing import Any

import pytest

from connectors.contract import CourseDraft, CreditDraft, OfferDraft, RejectRecord, RunDraft
from connectors.schema_terms.course import course
from connectors.schema_terms.values import text

URL = "https://site.example/courses/wind"
PAGE = {"url": URL, "language": "en"}


def draft(*more: dict[str, Any], page: dict[str, str] = PAGE, **own: Any) -> CourseDraft:
    node = {"@type": "Course", "name": "Wind loads", **own}
    return course([node, *more], page)


def run(**own: Any) -> RunDraft:
    (found,) = draft(hasCourseInstance={"@type": "CourseInstance", **own}).runs
    return found


def test_a_course_is_mapped_field_by_field() -> None:
    found = draft(
        description="<p>About &amp; around</p>",
        abstract="Short &amp; <b>good</b>",
        courseCode="W1",
        identifier={"@type": "PropertyValue", "propertyID": "DOI", "value": "10.5555/w"},
        url="/courses/wind?full=1&amp;x=2",
        provider={"@type": "Organization", "name": "Engineers &#8211; Kenya"},
        inLanguage="en-GB",
        coursePrerequisites=["Statics", {"@type": "AlignmentObject", "targetName": "x"}],
        teaches=["Wind", {"@type": "DefinedTerm", "name": "Gusts"}, "Explain " + "how " * 30],
        about=[{"@type": "Thing", "name": "Bridges"}, "Towers"],
        keywords="wind, #gusts,,wind",
        educationalLevel={"@type": "DefinedTerm", "name": "Advanced"},
        timeRequired="PT12H",
        license={"@type": "CreativeWork", "url": "https://creativecommons.org/licenses/by/4.0/"},
        image={"@type": "ImageObject", "url": "/wind.png"},
        dateCreated="2026-01-01",
        dateModified="2026-02-02",
    )
    assert found.title == {"en": "Wind loads"}
    assert found.description == {"en": "<p>About &amp; around</p>"}
    assert found.summary == {"en": "Short & good"}
    assert found.identifiers == (("code", "W1"), ("doi", "10.5555/w"))
    assert found.url == "https://site.example/courses/wind?full=1&x=2"
    assert found.provider == "Engineers – Kenya"
    assert (found.metadata_language, found.teaching_languages) == ("en", ("en-GB",))
    assert found.prerequisites == {"en": "Statics"}
    assert found.skills == ("Wind", "Gusts")
    assert found.outcomes["en"].startswith("Explain how")
    assert found.subjects == ("Bridges", "Towers", "wind", "gusts")
    assert (found.level, found.effort) == ("Advanced", "PT12H")
    assert found.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert found.image == "https://site.example/wind.png"
    assert (found.created, found.modified, found.kind) == ("2026-01-01", "2026-02-02", "course")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("de", ("de",)),
        (["de", "en", "de"], ("de", "en")),
        ({"@type": "Language", "name": "Chinese", "alternateName": "zh-Hans"}, ("zh-Hans",)),
        ({"@type": "Language", "name": "Urdu"}, ("Urdu",)),
        ([{"@value": "fr"}, "Spanish; Castilian"], ("fr", "Spanish; Castilian")),
        ({"@list": ["sw", "en"]}, ("sw", "en")),
        (7, ("7",)),
        ([None, False, "", {}], ()),
    ],
)
def test_languages_in_every_spelling(written: Any, expected: tuple[str, ...]) -> None:
    assert draft(inLanguage=written).teaching_languages == expected


def test_texts_are_in_the_language_that_the_page_says_else_the_course() -> None:
    assert draft(inLanguage="de", page={"url": URL}).title == {"de": "Wind loads"}
    assert draft(inLanguage=["de", "en"], page={"url": URL}).title == {"und": "Wind loads"}
    names = [{"@value": "Windlasten", "@language": "de"}, {"@value": "Wind", "@language": "en"}]
    assert draft(name=names).title == {"de": "Windlasten", "en": "Wind"}


@pytest.mark.parametrize("image", [False, None, "", [], [False], {}, "javascript:x", 7])
def test_a_picture_that_is_none_is_left_out(image: Any) -> None:
    assert draft(image=image).image is None


@pytest.mark.parametrize(
    ("location", "place", "delivery"),
    [
        ("TU Delft Library", "TU Delft Library", None),
        ("Online", None, "virtual"),
        ("https://zoom.example/1", None, "virtual"),
        ({"@type": "VirtualLocation", "url": "https://meet.example"}, None, "virtual"),
        ({"@type": "Place", "name": "Hall", "address": "Hall"}, "Hall", "onsite"),
        ([{"@type": "VirtualLocation"}, {"@type": "Place", "name": "Hall"}], "Hall", "blended"),
        ({"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": "Aden"}},
         "Aden", "onsite"),
    ],
)  # fmt: skip
def test_places_in_every_shape(location: Any, place: str | None, delivery: str | None) -> None:
    found = run(startDate="2027-01-01", location=location)
    assert (found.place_name, found.delivery) == (place, delivery)


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (["onsite", "synchronous", "full-time"], ("onsite",)),
        (["online", "synchronous"], ("synchronous",)),
        (["Online", "asynchronous", "part-time"], ("asynchronous",)),
        ("synchronous", ("synchronous",)),
        ("full-time", ()),
        (["online", "onsite"], ("online", "onsite")),
    ],
)
def test_modes_say_the_way_of_teaching_and_not_the_pace(modes: Any, expected: Any) -> None:
    assert draft(courseMode=modes).delivery == expected


def test_a_street_stands_in_for_a_place_without_a_name() -> None:
    address = {"streetAddress": "Navet, Husargatan 3", "addressLocality": "Uppsala"}
    found = run(startDate="2027", location={"@type": "Place", "address": address})
    assert found.place_name == "Navet, Husargatan 3, Uppsala"


def test_a_date_says_what_it_is_about_when_the_course_does_not() -> None:
    event = {"@type": "Event", "name": "Wind loads"}
    instance = {"startDate": "2027", "keywords": "wind,gusts", "about": [event]}
    assert draft(hasCourseInstance=instance).subjects == ("wind", "gusts")
    assert draft(hasCourseInstance=instance, about="Towers").subjects == ("Towers",)


def test_a_place_says_its_country_and_where_it_lies() -> None:
    address = {"addressLocality": "Nairobi", "addressCountry": {"@type": "Country", "name": "KE"}}
    geo = {"@type": "GeoCoordinates", "latitude": "-1.28", "longitude": 36.8}
    found = run(startDate="2027", location={"@type": "Place", "address": address, "geo": geo})
    assert found.place_country == "KE"
    assert (found.latitude, found.longitude) == (-1.28, 36.8)


def test_instances_are_runs_with_all_that_they_say() -> None:
    found = run(
        **{"@id": "#run1"},
        startDate="2027-03-01T09:00",
        endDate="2027-03-02",
        courseMode=["Onsite"],
        inLanguage="sw",
        url="/courses/wind/march",
        instructor=[{"@type": "Person", "name": "A. One"}, "B. Two"],
        performer={"@type": "PerformingGroup", "name": "A choir"},
        offers={"@type": "Offer", "price": 100, "priceCurrency": "KES",
                "validFrom": "2027-01-01", "availabilityEnds": "2027-02-01"},
    )  # fmt: skip
    assert (found.source_id, found.start, found.end) == ("#run1", "2027-03-01T09:00", "2027-03-02")
    assert (found.delivery, found.language) == ("Onsite", "sw")
    assert found.url == "https://site.example/courses/wind/march"
    assert found.instructors == ("A. One", "B. Two")
    assert found.offers == (OfferDraft("100", "KES"),)
    assert (found.enrol_start, found.enrol_end) == ("2027-01-01", "2027-02-01")


def test_an_event_is_a_course_with_one_run_and_its_prices_stand_there() -> None:
    event = {"@type": "EducationEvent", "name": "Wind", "startDate": "2027-03-01T09:00:00+03:00",
             "endDate": "2027-03-01T11:30:00+03:00", "duration": "P150M",
             "organizer": [{"@type": "Person", "name": "A"},
                           {"@type": "Organization", "name": "B"}],
             "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
             "offers": {"price": "0", "priceCurrency": "KES"}}  # fmt: skip
    found = course([event], PAGE)
    assert (found.kind, found.duration, found.provider) == ("course", "PT2H30M", "B")
    assert found.delivery == ("https://schema.org/OnlineEventAttendanceMode",)
    (only,) = found.runs
    assert only.offers == (OfferDraft("0", "KES"),)
    assert found.offers == ()


def test_the_events_of_a_series_and_events_of_the_same_name_are_its_runs() -> None:
    series = {
        "@type": "EventSeries",
        "name": "Wind",
        "subEvent": [{"@type": "Event", "startDate": f"2027-0{n}-01"} for n in (1, 2)],
    }
    again = {"@type": "Event", "name": "Wind", "startDate": "2027-03-01", "description": "Long"}
    found = course([series, again], PAGE)
    assert [one.start for one in found.runs] == ["2027-01-01", "2027-02-01", "2027-03-01"]
    assert found.description == {"en": "Long"}
    assert found.kind == "event-series"


def test_cancelled_runs_are_left_out_and_postponed_ones_have_no_date() -> None:
    off = {"startDate": "2027-01-01", "eventStatus": "https://schema.org/EventCancelled"}
    late = {"startDate": "2027-01-02", "location": "Hall", "eventStatus": "EventPostponed"}
    found = draft(hasCourseInstance=[off, late])
    assert [(one.start, one.place_name) for one in found.runs] == [(None, "Hall")]


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        ({"@type": "Offer", "price": 0}, (OfferDraft("0"),)),
        ({"price": "12.50", "priceCurrency": "EUR", "category": "Paid"},
         (OfferDraft("12.50", "EUR", "Paid"),)),
        ({"priceSpecification": {"price": 5, "priceCurrency": "USD"}}, (OfferDraft("5", "USD"),)),
        ({"@type": "AggregateOffer", "lowPrice": 5, "priceCurrency": "USD"},
         (OfferDraft("5", "USD"),)),
        ({"@type": "AggregateOffer", "offers": [{"price": 1}, {"price": 2}]},
         (OfferDraft("1"), OfferDraft("2"))),
        ([{"price": 5, "name": "Members"}, {"price": 9, "name": "Non-members"}],
         (OfferDraft("5", audience="member"), OfferDraft("9", audience="public"))),
        ({"category": "Free"}, (OfferDraft(category="Free"),)),
        ("free", (OfferDraft("0", category="free"),)),
        ({"url": "https://x.example"}, ()),
        ([False, None, 7, "soon"], ()),
    ],
)  # fmt: skip
def test_prices_in_every_shape(offers: Any, expected: tuple[OfferDraft, ...]) -> None:
    assert draft(offers=offers).offers == expected


@pytest.mark.parametrize(
    ("written", "category"),
    [(True, "free"), ("True", "free"), ("http://schema.org/False", "paid"), (False, "paid")],
)
def test_free_of_charge_in_every_spelling(written: Any, category: str) -> None:
    assert draft(isAccessibleForFree=written).offers == (OfferDraft(category=category),)
    assert draft(isAccessibleForFree="perhaps").offers == ()


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"numberOfCredits": 3}, (CreditDraft("3"),)),
        ({"numberOfCredits": {"@type": "StructuredValue", "value": 3, "creditType": "PDH"}},
         (CreditDraft("3", unit="PDH"),)),
        ({"educationalCredentialAwarded": "1.5 CEU"}, (CreditDraft("1.5 CEU"),)),
        ({"educationalCredentialAwarded": {"name": "12 CPD h"}}, (CreditDraft("12 CPD h"),)),
        ({"educationalCredentialAwarded": "Certificate"}, ()),
        ({"numberOfCredits": 0}, ()),
    ],
)  # fmt: skip
def test_credits_in_every_shape(own: dict[str, Any], expected: tuple[CreditDraft, ...]) -> None:
    assert draft(**own).credits == expected


def test_effort_and_duration_come_from_the_instances_and_their_schedule() -> None:
    schedule = {"@type": "Schedule", "duration": "PT3H", "repeatCount": 10,
                "startDate": "2027-01-01", "endDate": "2027-03-01"}  # fmt: skip
    found = draft(hasCourseInstance={"courseWorkload": "PT22H", "courseSchedule": schedule})
    assert (found.effort, found.duration) == ("PT22H", "PT30H0M")
    assert (found.runs[0].start, found.runs[0].end) == ("2027-01-01", "2027-03-01")


def test_alignments_give_fields_level_and_skills() -> None:
    found = draft(
        educationalAlignment=[
            {"educationalFramework": "ISCED-F 2013", "targetName": "0732"},
            {"alignmentType": "educationalLevel", "targetName": "Expert"},
            {"alignmentType": "teaches", "targetName": "Gusts"},
            {"alignmentType": "educationalSubject", "targetName": "Civil"},
            {"alignmentType": None, "targetName": None},
        ],
        about={"@type": "DefinedTerm", "termCode": "0715", "inDefinedTermSet": "https://x/isced-f"},
    )
    assert found.fields == ("0732", "0715")
    assert (found.level, found.skills, found.subjects) == ("Expert", ("Gusts",), ("Civil",))


def test_kinds_of_programmes_and_resources() -> None:
    assert draft(**{"@type": "EducationalOccupationalProgram"}).kind == "programme"
    resource = {"@type": "LearningResource", "learningResourceType": ["Video", "Webinar"]}
    assert draft(**resource).kind == "Webinar"
    assert draft(**{"@type": "CreativeWork", "learningResourceType": None}).kind == (
        "learningresource"
    )
    assert draft(**{"@type": "Event"}).kind is None


def test_without_a_description_the_page_says_what_it_is_about() -> None:
    page = {**PAGE, "description": "The page's &amp; own", "canonical": "https://site.example/w"}
    found = draft(page=page)
    assert found.summary == {"en": "The page's & own"}
    assert found.url == "https://site.example/w"
    assert draft(page=page, description="x").summary == {}


def test_html_in_a_name_is_taken_out_and_a_course_without_a_name_refused() -> None:
    assert draft(name="<b>Wind</b> &amp;\n loads").title == {"en": "Wind & loads"}
    for name in (None, "", [], {}, False, "<i></i>"):
        with pytest.raises(RejectRecord, match="name"):
            draft(name=name)


def test_dates_that_are_none_are_left_out() -> None:
    assert draft(hasCourseInstance={"startDate": "0000-00-00", "endDate": None}).runs == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a&uuml;b", "aüb"),
        ("a &amp;&#8211; b", "a &– b"),
        ("<p>&amp;</p>", "<p>&amp;</p>"),
        ({"@value": " x "}, "x"),
        ({"name": {"@value": "x"}}, ""),
        (True, ""),
        (1.5, "1.5"),
    ],
)
def test_texts(value: Any, expected: str) -> None:
    assert text(value) == expected
