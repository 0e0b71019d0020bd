"""``If-Match`` as RFC 9110 §13.1.1 has it."""

import pytest

from app.platform.conditions import PreconditionFailed, entity_tag, require_match

TAG = entity_tag({"roles": ["owner"]})


@pytest.mark.parametrize("sent", [None, "*", " * ", TAG, f'"other", {TAG}', f'W/"x",{TAG}'])
def test_what_was_seen_may_be_changed(sent: str | None) -> None:
    require_match(sent, TAG)


@pytest.mark.parametrize("sent", ["", '""', f"W/{TAG}", '"other"', TAG.strip('"'), "**", "\x00"])
def test_what_was_not_seen_may_not(sent: str) -> None:
    with pytest.raises(PreconditionFailed):
        require_match(sent, TAG)


def test_a_tag_says_what_is_there_and_not_in_which_order_it_was_written() -> None:
    assert entity_tag({"a": 1, "b": 2}) == entity_tag({"b": 2, "a": 1})
    assert entity_tag({"a": 1}) != entity_tag({"a": 2})
