"""The mail that tells a person what is new in his or her searches: in words, in one language.

Names and titles come from people and feeds: each stands in a line of its own. The mail can be ended
from the mail program with one click (RFC 8058, whose headers the mail server has to sign).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from gettext import NullTranslations

from app.platform.mail import Message
from app.search import Hit
from app.search.parameters import written
from app.search.saved.digest import Letter
from app.search.saved.news import News
from app.web.languages.choosing import ENGLISH, Language, find
from app.web.languages.messages import translations_of
from app.web.searches.addresses import SAVED
from app.web.wording import best

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes the mails of one node."""

    public_url: str
    node_name: str

    def write(self, letter: Letter) -> Message:
        """The mail."""
        language = _language(letter)
        words, total = translations_of(language), sum(one.total for one in letter.news)
        subject = words.ngettext(
            "{number} new course in your searches at {node}",
            "{number} new courses in your searches at {node}",
            total,
        ).format(number=total, node=_line(self.node_name))
        lines = [line for one in letter.news for line in self._news(one, language, words)]
        lines += self._end(letter, words)
        return Message(
            letter.address, _line(subject), "\n".join(lines) + "\n", self._headers(letter)
        )

    def _news(self, news: News, language: Language, words: NullTranslations) -> Iterator[str]:
        query = written(dict(news.search.parameters) | {"sort": ["newest"]})
        yield _line(news.search.name)
        said = words.ngettext("{number} new course", "{number} new courses", news.total)
        if not news.counted:
            said = words.gettext("More than {number} new courses")
        yield said.format(number=news.total)
        yield ""
        for hit in news.hits:
            yield from self._course(hit, language)
        left = news.total - len(news.hits)
        if left > 0 or not news.counted:
            yield words.gettext("All of them, the newest first:")
        else:
            yield words.gettext("The whole search, the newest first:")
        yield f"  {self.public_url}/?{query}"
        yield ""

    def _course(self, hit: Hit, language: Language) -> Iterator[str]:
        wanted = (language.tag,)
        title = best(hit.document["title"], wanted)
        by = best(hit.document["society_names"], wanted)
        yield f"- {_line(title.text if title else hit.id)}"
        yield f"  {_line(by.text if by else hit.document['society'])}"
        yield f"  {self.public_url}/courses/{hit.id}"
        yield ""

    def _end(self, letter: Letter, words: NullTranslations) -> Iterator[str]:
        _ = words.gettext
        yield "-- "
        yield _("You asked to be told of new courses. To change that:")
        yield f"{self.public_url}{SAVED}"
        yield _("To get no more of these mails, without signing in:")
        yield f"{self.public_url}/unsubscribe/{letter.token}"

    def _headers(self, letter: Letter) -> dict[str, str]:
        address = f"<{self.public_url}/unsubscribe/{letter.token}>"
        found = {"List-Unsubscribe": address}
        if self.public_url.startswith("https:"):  # one click is for https alone (RFC 8058 §3.1)
            found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return found


def _language(letter: Letter) -> Language:
    """The person's, else that of the page the first search was kept from."""
    return find(letter.person.language) or find(letter.news[0].search.language) or ENGLISH


def _line(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
