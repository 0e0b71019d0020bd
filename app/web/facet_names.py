"""What the values of facets are called in a reader's language, for search's routes."""

from collections.abc import Mapping
from functools import cached_property

from app.catalogue import Society, service
from app.platform.db import Database
from app.web import labels
from app.web.languages.choosing import ENGLISH, LANGUAGES, find
from app.web.languages.messages import translations_of
from app.web.wording import Wording, best

_SETTLED = {"field": labels.FIELD, "delivery": labels.DELIVERY, "kind": labels.KIND,
            "price": labels.PRICE, "pace": labels.PACE}  # fmt: skip


class FacetNames:
    """The names of one moment: societies are read once, when first asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wordings: dict[str, Wording] = {}

    def of(self, facet: str, value: str, *, locale: str) -> str:
        if facet == "society":
            society = self._societies.get(value)
            found = best(society.names, (locale, "en")) if society else None
            return found.text if found else value
        return self._wording(locale).label(value, facet)

    def known(self, facet: str, *, locale: str) -> Mapping[str, str]:
        if facet == "language":
            codes = dict.fromkeys(one.code for one in LANGUAGES.values())
        else:
            codes = dict.fromkeys(_SETTLED.get(facet, {}))
        return {code: self._wording(locale).label(code, facet) for code in codes}

    @cached_property
    def _societies(self) -> Mapping[str, Society]:
        with self._database.read() as session:
            return {one.id: one for one in service.list_societies(session)}

    def _wording(self, locale: str) -> Wording:
        language = find(locale) or ENGLISH
        if language.code not in self._wordings:
            self._wordings[language.code] = Wording(language.locale, translations_of(language))
        return self._wordings[language.code]
