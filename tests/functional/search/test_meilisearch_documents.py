"""What only Meilisearch does; collected when the chosen stack has it."""

import pytest

from app.search import DocumentsRefused, SearchIndex
from tests.simulator.search import DOCUMENTS, query

pytestmark = pytest.mark.stack


def test_one_bad_document_is_named_and_the_others_get_in(empty_index: SearchIndex) -> None:
    bad = {**DOCUMENTS[4], "id": "not an id for Meilisearch!"}
    with pytest.raises(DocumentsRefused) as caught:
        empty_index.apply([*DOCUMENTS[:4], bad, *DOCUMENTS[5:9]], [])
    assert list(caught.value.refused) == [bad["id"]]
    assert empty_index.search(query()).total == 8
    with pytest.raises(DocumentsRefused):
        empty_index.rebuild([*DOCUMENTS[:2], bad])
    assert empty_index.search(query()).total == 2
