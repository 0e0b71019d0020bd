import hypothesis.strategies as st
from hypothesis import given, settings

from app.harvest.posting import PostMaker
from app.identity.model import Kind
from app.webhooks import rules
from app.webhooks.model import NewEndpoint

ODD = st.one_of(st.characters(), st.sampled_from(list("/:@?#[]%.\\a1。．")))
BEGINNINGS = st.sampled_from(["https://", "http://", "https://a", "https://[::1]", "https://xn--"])


def nowhere(host: str, port: int) -> list[str]:
    raise OSError("no such name")


@settings(max_examples=200, database=None)
@given(BEGINNINGS, st.text(ODD, max_size=30))
def test_whatever_is_taken_for_an_address_can_be_posted_to_or_is_said_not_to_be(
    beginning: str, rest: str
) -> None:
    url = beginning + rest
    new = NewEndpoint(url, ("course.changed",))
    if rules.problems(new, Kind.SOCIETY, plain_http=True):
        return
    with PostMaker(resolver=nowhere)() as post:
        posted = post(url, b"{}", {})
    assert posted.status is None
    assert posted.trouble


@given(st.integers(1, 10_000), st.floats(-1, 1), st.none() | st.floats(allow_nan=False))
def test_every_pause_is_bounded_and_every_delivery_ends(
    attempts: int, jitter: float, asked: float | None
) -> None:
    pause = rules.pause(attempts, jitter=jitter, retry_after=asked)
    if attempts > len(rules.PAUSES):
        assert pause is None
    else:
        assert pause is not None
        assert rules.PAUSES[attempts - 1] * 0.9 <= pause <= rules.LONGEST_RETRY_AFTER * 1.1
    assert rules.rest(attempts, retry_after=asked).total_seconds() <= 3600
