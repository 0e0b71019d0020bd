"""A search in words: the title of its feed, and its name until its owner gives it another."""

from collections.abc import Callable, Mapping
from gettext import NullTranslations

from app.search.index import FACETS
from app.search.parameters import Parameters
from app.search.query import MAX_TEXT
from app.web.labels import N_

LONGEST = MAX_TEXT
_RANGES: Mapping[str, str] = {
    "from": N_("from {value}"),
    "until": N_("until {value}"),
    "credit_min": N_("credit: at least {value}"),
    "credit_max": N_("credit: at most {value}"),
    "near": N_("near {value}"),
    "within": N_("within {value} km"),
}


def in_words(
    params: Parameters,
    *,
    label: Callable[[str, str], str],
    names: Mapping[str, str],
    translations: NullTranslations,
) -> str:
    """``bridge · English · On site``; empty when everything is looked for.

    ``label`` puts a facet's value into words; ``names`` are those of societies.
    """
    said = list(params.get("q", ()))
    for facet in FACETS:
        values = params.get(facet, ())
        if facet == "society":
            said += [names.get(value, value) for value in values]
        else:
            said += [label(value, facet) for value in values]
    for name, text in _RANGES.items():
        said += [translations.gettext(text).format(value=value) for value in params.get(name, ())]
    whole = " · ".join(said)
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…"
