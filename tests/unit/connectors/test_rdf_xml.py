"""schema.org as RDF/XML, as one training registry hands its records on to another."""

import pytest

from connectors import xml
from connectors.contract import CourseDraft, RejectRecord
from connectors.oai_pmh import rdf_xml

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def _course(inner: str) -> CourseDraft:
    body = (
        f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:s="https://schema.org/" xmlns:o="http://o.example/">'
        f"{inner}</rdf:RDF>"
    )
    root = xml.parse(body.encode(), where="here").root
    return rdf_xml.course(root, own=(("oai", "oai:a:1"),), modified="2026-01-01")


def test_a_learning_resource_is_read_as_in_json_ld() -> None:
    draft = _course(
        '<o:Thing/><!-- one --><s:LearningResource rdf:about="https://x.example/1">'
        '<s:name xml:lang="en">Bridges</s:name><s:name xml:lang="zh">桥梁</s:name>'
        '<s:url rdf:resource="https://x.example/bridges"/><s:keywords>steel</s:keywords>'
        "<s:keywords>concrete</s:keywords><o:name>another vocabulary</o:name>"
        "<s:learningResourceType>tutorial</s:learningResourceType>"
        '<s:provider><s:Organization rdf:nodeID="b1"><s:name>Society</s:name></s:Organization>'
        '</s:provider><s:license rdf:resource="https://spdx.org/licenses/MIT.html"/>'
        "</s:LearningResource>"
    )
    assert draft.title == {"en": "Bridges", "zh": "桥梁"}
    assert draft.url == "https://x.example/bridges"
    assert draft.subjects == ("steel", "concrete")
    assert draft.provider == "Society"
    assert draft.licence == "https://spdx.org/licenses/MIT.html"
    assert draft.identifiers[0] == ("oai", "oai:a:1")
    assert draft.modified == "2026-01-01"


def test_without_an_address_the_resource_is_its_own() -> None:
    draft = _course('<s:Course rdf:about="https://x.example/1"><s:name>Bridges</s:name></s:Course>')
    assert draft.url == "https://x.example/1"


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("", "E-FORMAT-UNKNOWN"),
        ("<o:Course><o:name>A</o:name></o:Course>", "E-FORMAT-UNKNOWN"),
        ("<s:Course><s:url>x</s:url></s:Course>", "E-TITLE-MISSING"),
        ("<s:Course>" + "<s:about><s:Thing>" * 60 + "</s:Thing></s:about>" * 60 + "</s:Course>",
         "E-TITLE-MISSING"),
    ],
)  # fmt: skip
def test_what_describes_no_course_is_rejected(inner: str, code: str) -> None:
    with pytest.raises(RejectRecord) as caught:
        _course(inner)
    assert caught.value.code == code
