import time

import pytest

from app.catalogue.recognising import competences


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (
            "Addresses the IEA competences EC3, EC5 and EC7-EC9.",
            ["EC3", "EC5", "EC7", "EC8", "EC9"],
        ),
        ("Kompetenzen: EC 13", ["EC13"]),
        ("Compétences visées : EC1 à EC3", ["EC1", "EC2", "EC3"]),
        ("覆盖工程师胜任能力 EC4。", ["EC4"]),
        ("Design to EC2 and EC8 of concrete frames", []),
        ("Competency in AWS EC2 instances", []),
        ("Competences under Regulation (EC) 1907/2006", []),
        ("EC5 of something else", []),
        ("Competence EC14 and EC0 and EC1.2", []),
        ("Graduate attribute WA5 and competences", []),
        ("Competence range EC9-EC3", []),
    ],
)
def test_a_competence_counts_only_where_a_text_speaks_of_competences(
    text: str, codes: list[str]
) -> None:
    assert [one.code for one in competences.find(text)] == codes


def test_no_text_keeps_the_reader_busy() -> None:
    started = time.process_time()
    assert len(list(competences.find("competence EC1-EC13 " * 20_000))) <= 13 * 60
    assert time.process_time() - started < 0.3
