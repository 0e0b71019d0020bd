"""The pages that are looked at in several languages and sizes: by axe-core, and by eyes.

``python -m tests.browser.views FOLDER`` writes a picture of each, with the demonstration's data.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Browser, FloatRect, Page, ViewportSize, sync_playwright

from tests.simulator.demonstration import running_demo

NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 360, "height": 740},
}
TALLEST = 2200
LANGUAGES = ("en", "zh", "ar", "ur")
TYPED = {"en": "bridge", "zh": "设计", "ar": "الهندسة", "ur": "پل"}


@dataclass(frozen=True, slots=True)
class View:
    """One state of a page."""

    name: str
    path: str
    unfolded: str = ""
    """What is clicked to open, if it is there to be seen."""
    typing: bool = False
    """Whether somebody is typing into the search box, and suggestions lie open."""

    def show(self, page: Page, language: str) -> None:
        """Bring a page that is at no address yet into this state."""
        joint = "&" if "?" in self.path else "?"
        page.goto(f"{self.path}{joint}hl={language}")
        if self.unfolded and page.locator(self.unfolded).is_visible():
            page.locator(self.unfolded).click()
        if self.typing:
            page.locator("#q").press_sequentially(TYPED[language][:4])
            page.locator("#suggestions").wait_for(state="visible")


def views(url: str) -> tuple[View, ...]:
    """The states that are looked at, of a node with the demonstration's courses."""
    found = httpx.get(f"{url}/api/v1/search", params={"q": "seismic design of tall buildings"})
    course = found.raise_for_status().json()["hits"][0]["id"]
    return (
        View("start", "/"),
        View("results", "/?q=design"),
        View("filters", "/?q=design&delivery=onsite&unfold=field", unfolded="#filters > summary"),
        View("suggestions", "/", typing=True),
        View("nothing", "/?q=zzyzzx&price=free"),
        View("misunderstood", "/?from=someday&near=here"),
        View("course", f"/courses/{course}"),
        View("error", "/courses/none"),
        View("languages", "/", unfolded=".tongues > summary"),
    )


def find_chromium() -> str | None:
    named = os.environ.get("OPENCPD_TEST_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """A real browser, as long as the block runs."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield launched
        launched.close()


def _upper(page: Page) -> FloatRect:
    """The page as far as eyes need it: what follows in a list of results is more of the same."""
    size = page.evaluate("[document.documentElement.scrollWidth, document.body.scrollHeight]")
    return {"x": 0, "y": 0, "width": size[0], "height": min(size[1], TALLEST)}


def take(browser: Browser, url: str, folder: Path) -> Iterator[Path]:
    """Write a picture of every view in every language and size."""
    for size, viewport in SIZES.items():
        for language in LANGUAGES:
            context = browser.new_context(base_url=url, viewport=viewport, locale="en")
            page = context.new_page()
            page.set_default_timeout(15_000)
            for view in views(url):
                view.show(page, language)
                picture = folder / f"{view.name}-{language}-{size}.png"
                page.screenshot(path=picture, full_page=True, clip=_upper(page))
                yield picture
            context.close()


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    executable = find_chromium()
    if executable is None:
        print("no Chromium: install Debian's chromium or set OPENCPD_TEST_CHROMIUM")
        return 1
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_demo(Path(scratch)) as demo,
        chromium(executable) as browser,
    ):
        for picture in take(browser, demo.url, folder):
            print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
