"""OAI-PMH repositories with every fault that was met in real ones."""

import copy
import json
import pickle
from collections.abc import Mapping
from dataclasses import replace

import pytest

from connectors.contract import (
    CourseDraft,
    CursorExpired,
    Deletions,
    Fetched,
    Page,
    Rejected,
    RejectRecord,
    SourceMisconfigured,
    SourceUnavailable,
    Tombstone,
    Upsert,
)
from connectors.oai_pmh import OaiPmh
from connectors.testing import ConnectorContract
from tests.simulator.feeds import (
    Answer,
    FeedServer,
    OaiRecord,
    OaiRepository,
    Request,
    dublin_core,
    lom,
)
from tests.simulator.fetching import FakeTime, FunctionFetch, fetched, loopback_fetch

URL = "http://feed.example/oai"


def _repository(count: int = 7, **settings: object) -> OaiRepository:
    records = [
        OaiRecord(f"oai:x:{n}", dublin_core(f"Course {n}", language="en"), f"2026-01-0{n + 1}")
        for n in range(count)
    ]
    repository = OaiRepository(records, page_size=3)
    for name, value in settings.items():
        setattr(repository, name, value)
    return repository


def _connector(**config: object) -> OaiPmh:
    return OaiPmh(OaiPmh.Config.model_validate({"base_url": URL, **config}))


def _pages(
    repository: OaiRepository, since: str | None = None, connector: OaiPmh | None = None
) -> list[Page]:
    return list((connector or _connector()).pages(FunctionFetch(repository), since))


def _ids(pages: list[Page]) -> list[str]:
    return [item.source_id for page in pages for item in page.items]


class TestDublinCoreKeepsTheContract(ConnectorContract):
    def connector(self) -> OaiPmh:
        return _connector()

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        return fetched(_repository()(Request(url, params, {})))


class TestSnapshotsOfLomKeepTheContract(ConnectorContract):
    def connector(self) -> OaiPmh:
        return _connector(metadata_prefix="lom")

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        records = [
            OaiRecord(
                f"oai:x:{n}", lom({"en": f"Course {n}", "zh": f"课程{n}"}, url=f"http://x/{n}")
            )
            for n in range(5)
        ]
        repository = OaiRepository(records, page_size=2, deleted_record="no")
        return fetched(repository(Request(url, params, {})))


def test_a_list_is_read_to_its_end_with_its_deletions() -> None:
    repository = _repository()
    repository.records[4] = replace(repository.records[4], deleted=True)
    pages = _pages(repository)
    assert _ids(pages) == [f"oai:x:{n}" for n in range(7)]
    assert [page.complete for page in pages] == [False, False, True]
    assert [page.expected for page in pages] == [7, 7, 7]
    assert pages[1].items[1] == Tombstone("oai:x:4")
    first = pages[0].items[0]
    assert isinstance(first, Upsert)
    assert set(first.raw) == {"identifier", "datestamp", "sets", "metadata"}


@pytest.mark.parametrize(
    ("said", "promise"),
    [
        ("persistent", Deletions.TOMBSTONES),
        ("transient", Deletions.TOMBSTONES),
        ("no", Deletions.SNAPSHOT),
        ("perhaps", Deletions.NEVER),
    ],
)
def test_what_absence_means_is_what_the_repository_says(said: str, promise: Deletions) -> None:
    connector = _connector()
    assert connector.deletions is Deletions.NEVER
    pages = _pages(_repository(deleted_record=said), connector=connector)
    assert connector.deletions is promise
    warned = [code for page in pages for code, _ in page.warnings]
    assert warned == (["W-OAI-IDENTIFY"] if said == "perhaps" else [])


def test_the_configuration_overrules_what_the_repository_says() -> None:
    connector = _connector(deletions="snapshot")
    _pages(_repository(), connector=connector)
    assert connector.deletions is Deletions.SNAPSHOT


def test_the_next_run_asks_only_for_changes() -> None:
    repository = _repository()
    cursor = _pages(repository)[-1].cursor
    repository.records.append(
        OaiRecord("oai:x:new", dublin_core("New"), "2026-06-01T12:30:00Z"),
    )
    repository.records[0] = replace(
        repository.records[0], deleted=True, datestamp="2026-06-01T11:58:00Z"
    )
    connector, fetch = _connector(), FunctionFetch(repository)
    (page,) = connector.pages(fetch, cursor)
    assert fetch.asked == [
        (URL, {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-06-01T11:55:00Z"})
    ]
    assert [item.source_id for item in page.items] == ["oai:x:0", "oai:x:new"]
    assert (page.complete, page.expected) == (True, None)
    assert connector.deletions is Deletions.TOMBSTONES


def test_a_repository_that_counts_in_days_is_asked_in_days() -> None:
    cursor = _pages(_repository(granularity="YYYY-MM-DD"))[-1].cursor
    assert json.loads(str(cursor))["begins"] == "2026-06-01"


def test_a_repository_without_deletions_is_listed_in_full_each_time() -> None:
    pages = _pages(_repository(deleted_record="no"))
    assert pages[0].cursor is not None
    assert pages[-1].cursor is None


def test_no_changes_are_a_success() -> None:
    repository = _repository(error_status=422)
    cursor = _pages(repository)[-1].cursor
    (page,) = _pages(repository, cursor)
    assert (page.items, page.complete) == ((), True)
    assert page.cursor is not None


@pytest.mark.parametrize("status", [200, 400, 422])
def test_an_error_is_read_whatever_its_status(status: int) -> None:
    with pytest.raises(SourceMisconfigured, match="cannotDisseminateFormat"):
        _pages(_repository(error_status=status), connector=_connector(metadata_prefix="unheard-of"))


@pytest.mark.parametrize("status", [200, 422])
def test_a_token_that_is_no_longer_known_starts_the_list_again(status: int) -> None:
    repository = _repository(error_status=status)
    cursor = _pages(repository)[0].cursor
    repository.expired = True
    with pytest.raises(CursorExpired):
        _pages(repository, cursor)


@pytest.mark.parametrize("cursor", ["", "{}", "[]", "null", '{"deletions": "x"}', '{"a": 1}'])
def test_a_cursor_of_another_kind_is_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired):
        _pages(_repository(), cursor)


def test_a_cut_page_is_trouble_and_never_the_end() -> None:
    repository = _repository(cut_page=1)
    seen: list[Page] = []
    with pytest.raises(SourceUnavailable, match="cut or broken"):
        seen.extend(_connector().pages(FunctionFetch(repository), None))
    assert not any(page.complete for page in seen)
    repository.cut_page = None
    assert len(_ids(_pages(repository))) == 7


def test_a_list_that_goes_in_circles_is_found_out() -> None:
    with pytest.raises(SourceMisconfigured, match="again"):
        _pages(_repository(repeat_token_on=1))


def test_a_notice_after_the_root_and_control_characters_are_told() -> None:
    repository = _repository(after_root="\n<b>Notice</b>: Undefined index", control_character_on=1)
    pages = _pages(repository)
    assert len(_ids(pages)) == 7
    assert [code for code, _ in pages[1].warnings] == ["W-XML-CONTROL", "W-XML-TRAILING"]
    assert "oai:x:3" in pages[1].warnings[0][1]


def test_a_base_address_with_a_query_keeps_it() -> None:
    repository = _repository()
    with FeedServer({"/": repository}) as feeds, loopback_fetch() as fetch:
        config = OaiPmh.Config.model_validate({"base_url": feeds.url("/?mode=oaipmh")})
        pages = list(OaiPmh(config).pages(fetch, None))
    assert len(_ids(pages)) == 7
    assert {request.params["mode"] for request in feeds.requests} == {"oaipmh"}


def test_tokens_may_need_the_prefix_beside_them() -> None:
    repository = _repository(tokens_need_prefix=True)
    with pytest.raises(SourceMisconfigured, match="tokens_need_prefix"):
        _pages(repository)
    assert len(_ids(_pages(repository, connector=_connector(tokens_need_prefix=True)))) == 7


def test_a_set_is_asked_for() -> None:
    repository = _repository()
    repository.records[2] = replace(repository.records[2], sets=("courses",))
    assert _ids(_pages(repository, connector=_connector(set="courses"))) == ["oai:x:2"]


def test_a_busy_repository_is_waited_for() -> None:
    repository, time = _repository(unavailable={1: 2}, retry_after="7"), FakeTime()
    with FeedServer({"/oai": repository}) as feeds, loopback_fetch(time) as fetch:
        config = OaiPmh.Config.model_validate({"base_url": feeds.url("/oai")})
        assert len(_ids(list(OaiPmh(config).pages(fetch, None)))) == 7
    assert time.slept == [7.0, 7.0]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"<html><body>Sign in</body></html>", SourceMisconfigured),
        (b"<rss/>", SourceMisconfigured),
        ((404, {}, b"gone"), SourceMisconfigured),
        ((403, {}, b"<OAI-PMH/>"), SourceMisconfigured),
        (b"", SourceUnavailable),
        (b"<OAI-PMH><Identify/></OAI-PMH>", SourceUnavailable),
    ],
)
def test_what_is_no_list_is_an_error(answer: Answer, error: type[Exception]) -> None:
    with pytest.raises(error):
        list(_connector().pages(FunctionFetch(lambda _: answer), None))


def test_records_that_cannot_be_read_are_listed_as_rejected() -> None:
    listed = (
        "<record><header><datestamp>2026</datestamp></header><metadata/></record>"
        "<record><header><identifier>oai:x:1</identifier></header><metadata> </metadata></record>"
    )
    body = (
        "<OAI-PMH><Identify><deletedRecord>no</deletedRecord></Identify>"
        f"<ListRecords>{listed}</ListRecords></OAI-PMH>"
    ).encode()
    (page,) = _connector().pages(FunctionFetch(lambda _: body), None)
    nameless, empty = page.items
    assert isinstance(nameless, Rejected)
    assert isinstance(empty, Rejected)
    assert (nameless.code, empty.code) == ("E-ID-MISSING", "E-METADATA-MISSING")
    assert (empty.source_id, "datestamp>2026" in nameless.raw["record"]) == ("oai:x:1", True)


def test_a_repository_without_a_clock_is_listed_in_full_next_time() -> None:
    page = _pages(_repository(2, response_date="yesterday"))[-1]
    assert page.cursor is None
    assert [code for code, _ in page.warnings] == ["W-OAI-DATE"]


def test_a_token_too_long_to_keep_is_used_but_not_kept() -> None:
    token = "t" * 5000
    first = (
        "<OAI-PMH><responseDate>2026-01-01T00:00:00Z</responseDate><ListRecords>"
        f"<resumptionToken>{token}</resumptionToken></ListRecords></OAI-PMH>"
    ).encode()
    last = b"<OAI-PMH><ListRecords/></OAI-PMH>"
    pages = list(
        _connector().pages(
            FunctionFetch(lambda request: last if "resumptionToken" in request.params else first),
            None,
        )
    )
    assert [(page.cursor is None, page.complete) for page in pages] == [
        (True, False),
        (False, True),
    ]


def _normalised(metadata: str) -> CourseDraft:
    raw = {"identifier": "oai:x:1", "datestamp": "2026-01-01", "metadata": metadata}
    return _connector().normalise(raw)


@pytest.mark.parametrize(
    "metadata",
    [
        dublin_core("Bridges & dams", description=["<p>One</p>", "Two"], language=["en", "zh"]),
        lom({"en": "Bridges", "zh": "桥梁"}, url="https://c.example/1", description="&amp;#11; x"),
        (
            '<o:dc xmlns:o="u"><!-- a --><title>A<!-- b -->B<![CDATA[ <C> ]]></title>'
            '<title xml:lang="de"> Brücke&#13;\n </title><x/></o:dc>'
        ),
        dublin_core(None),
        "<marc/>",
    ],
)
def test_a_record_on_a_page_is_mapped_as_the_json_kept_of_it(metadata: str) -> None:
    (page,) = _pages(OaiRepository([OaiRecord("oai:x:1", metadata)]))
    (item,) = page.items
    assert isinstance(item, Upsert)
    kept = json.loads(json.dumps(item.raw))
    assert kept == item.raw == copy.deepcopy(item.raw) == pickle.loads(pickle.dumps(item.raw))
    assert _mapped(item.raw) == _mapped(kept) == _mapped(copy.deepcopy(item.raw))


def _mapped(raw: Mapping[str, object]) -> object:
    try:
        return _connector().normalise(raw)
    except RejectRecord as error:
        return str(error), error.code, error.path


def test_a_dublin_core_record_becomes_a_course() -> None:
    draft = _normalised(
        dublin_core(
            "  Seismic \n design ",
            identifier=["oai:x:1", "doi:10.5281/abc.1", "https://x.example/seismic"],
            description=["&lt;p&gt;First&lt;/p&gt;", "Second"],
            language=["en", "en", "zh"],
            subject="Earthquakes",
            type="info:eu-repo/semantics/lecture",
            publisher="A Society",
            date="2020",
            rights=["info:eu-repo/semantics/openAccess", "Ours",
                    "https://creativecommons.org/licenses/by/4.0/"],
        )
    )  # fmt: skip
    assert draft == CourseDraft(
        title={"und": "Seismic design"},
        url="https://x.example/seismic",
        description={"und": "<p>First</p>\n\nSecond"},
        kind="lecture",
        teaching_languages=("en", "zh"),
        provider="A Society",
        identifiers=(
            ("oai", "oai:x:1"),
            ("doi", "10.5281/abc.1"),
            ("url", "https://x.example/seismic"),
        ),
        subjects=("Earthquakes",),
        licence="https://creativecommons.org/licenses/by/4.0/",
        access="openAccess",
        modified="2026-01-01",
    )


def test_a_doi_is_the_address_when_there_is_no_other() -> None:
    draft = _normalised(dublin_core("x", identifier="https://doi.org/10.5281/zenodo.1"))
    assert draft.url == "https://doi.org/10.5281/zenodo.1"


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        (dublin_core(None, language="en"), "E-TITLE-MISSING"),
        (dublin_core(" "), "E-TITLE-MISSING"),
        (lom({}, url="https://x.example"), "E-TITLE-MISSING"),
        ("<resource/>", "E-FORMAT-UNKNOWN"),
        ("<lom>", "E-XML-BROKEN"),
        ("<!DOCTYPE dc [<!ENTITY a 'b'>]><dc>&a;</dc>", "E-XML-BROKEN"),
    ],
)
def test_a_record_that_is_no_course_is_rejected_with_a_code(metadata: str, code: str) -> None:
    with pytest.raises(RejectRecord) as caught:
        _normalised(metadata)
    assert caught.value.code == code


IEEE = """<lom xmlns="http://ltsc.ieee.org/xsd/LOM"><general>
 <identifier><catalog>DOI</catalog><entry>10.1000/lom.1</entry></identifier>
 <title><string language="en">Wind loads</string><string language="zh">风荷载</string></title>
 <language>en</language><description><string language="en">Codes and tunnels.</string></description>
 <keyword><string language="en">wind</string></keyword></general>
 <lifeCycle><contribute><role><value>publisher</value></role>
 <entity>BEGIN:VCARD&#10;FN:Somebody&#10;ORG:A Society\\, East;Office&#10;END:VCARD</entity>
 </contribute></lifeCycle><metaMetadata><language>en</language></metaMetadata>
 <technical><location>https://x.example/wind</location><duration><duration>PT3H</duration></duration>
 </technical><educational><learningResourceType><value>course</value></learningResourceType>
 <context><value>higher education</value></context>
 <typicalLearningTime><duration>PT6H</duration></typicalLearningTime></educational>
 <rights><cost><value>no</value></cost>
 <description><string language="x-none">https://creativecommons.org/licenses/by/4.0/</string>
 </description></rights>
 <classification><purpose><value>discipline</value></purpose><taxonPath>
 <source><string language="en">ISCED-F 2013</string></source>
 <taxon><id>073</id></taxon><taxon><id>0732</id><entry><string>Building</string></entry></taxon>
 </taxonPath></classification>
 <classification><purpose><value>competency</value></purpose><taxonPath>
 <taxon><entry><string language="en">Structural analysis</string></entry></taxon></taxonPath>
 </classification>
 <classification><purpose><value>prerequisite</value></purpose>
 <description><string language="en">Statics</string></description></classification>
</lom>"""


def _ims(text: str) -> str:
    """The same record in the earlier form: lower-case names, langstrings, datetime."""
    for name in ("lifeCycle", "metaMetadata", "learningResourceType", "typicalLearningTime",
                 "taxonPath"):  # fmt: skip
        text = text.replace(name, name.lower())
    text = text.replace("string language=", "langstring xml:lang=").replace(
        "<string>", "<langstring>"
    )
    text = text.replace("</string>", "</langstring>").replace("entity>", "centity>")
    text = text.replace("<duration>PT6H</duration>", "<datetime>PT6H</datetime>")
    text = text.replace("<identifier>", "<catalogentry>").replace(
        "</identifier>", "</catalogentry>"
    )
    return text.replace("http://ltsc.ieee.org/xsd/LOM", "http://www.imsglobal.org/xsd/imsmd_v1p2")


def _half_qualified(text: str) -> str:
    """Only the root is in LOM's namespace; the rest was left in that of OAI-PMH."""
    inner = text.partition(">")[2].removesuffix("</lom>")
    return (
        '<l:lom xmlns:l="http://ltsc.ieee.org/xsd/LOM" '
        f'xmlns="http://www.openarchives.org/OAI/2.0/">{inner}</l:lom>'
    )


@pytest.mark.parametrize("form", [str, _ims, _half_qualified])
def test_a_lom_record_becomes_the_same_course_in_each_of_its_forms(form: object) -> None:
    assert callable(form)
    draft = _normalised(form(IEEE))
    assert draft.title == {"en": "Wind loads", "zh": "风荷载"}
    assert draft.url == "https://x.example/wind"
    assert draft.description == {"en": "Codes and tunnels."}
    assert draft.identifiers == (("oai", "oai:x:1"), ("doi", "10.1000/lom.1"))
    assert (draft.kind, draft.level) == ("course", "higher education")
    assert (draft.metadata_language, draft.teaching_languages) == ("en", ("en",))
    assert draft.provider == "A Society, East"
    assert (draft.duration, draft.effort) == ("PT3H", "PT6H")
    assert draft.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert draft.fields == ("0732",)
    assert draft.subjects == ("wind", "Building")
    assert draft.skills == ("Structural analysis",)
    assert draft.prerequisites == {"en": "Statics"}
    assert [offer.category for offer in draft.offers] == ["free"]


def test_a_card_of_empty_lines_costs_no_time() -> None:
    card = "BEGIN:VCARD" + "\n" * 200_000
    role = "<role><value>publisher</value></role>"
    contribute = f"<contribute>{role}<entity>{card}</entity></contribute>"
    title = "<general><title><string>A</string></title></general>"
    draft = _normalised(f"<lom>{title}<lifecycle>{contribute}</lifecycle></lom>")
    assert draft.provider is None
