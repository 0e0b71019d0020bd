"""What the browser tests of search share: sizes of windows, pictures, the list of suggestions."""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page

OpenPage = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}
EXPECTED = ("Failed to load resource",)
"""What Chromium itself says of an answer that tells of a trouble."""


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("OPENCPD_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"search-{name}.png", full_page=True)


def suggested(page: Page, *, name: str | None = None) -> Locator:
    """The suggestions, or the one that is called so."""
    return page.get_by_role("listbox").get_by_role("option", name=name)
