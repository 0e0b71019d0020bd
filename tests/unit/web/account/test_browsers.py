"""Browsers are called what their owners call them."""

import pytest

from app.web.account.browsers import in_words

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (WINDOWS + "Chrome/156.0.0.0 Safari/537.36", ("Chrome", "Windows")),
        (WINDOWS + "Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", ("Edge", "Windows")),
        (WINDOWS + "Chrome/156.0.0.0 Safari/537.36 OPR/120.0.0.0", ("Opera", "Windows")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Firefox/150.0", ("Firefox", "Linux")),
        ("Mozilla/5.0 (Android 16; Mobile; rv:150.0) Firefox/150.0", ("Firefox", "Android")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 20_1 like Mac OS X) Version/20 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/20 Safari/605.1.15",
            ("Safari", "macOS"),
        ),
        ("curl/8.9", ("", "")),
        ("<script>alert(1)</script>", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_browser_in_words(said: str, words: tuple[str, str]) -> None:
    assert in_words(said) == words
