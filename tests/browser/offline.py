"""How the page that verifies offline is driven."""

from playwright.sync_api import FilePayload, Page, expect

TRUST = "The key is the same: trust this publisher"


def give_bundle(page: Page, data: bytes, *, trust: bool = True) -> None:
    file = FilePayload(name="bundle.json", mimeType="application/json", buffer=data)
    page.get_by_label("Drop the trust bundle").set_input_files(file)
    expect(page.locator("#bundle-said .verdict")).to_be_visible()
    if trust:
        page.get_by_role("button", name=TRUST).click()
        expect(page.locator("#bundle-said h2")).to_have_text("The trust bundle is good")


def give_record(page: Page, record: str | bytes) -> dict[str, str]:
    """Paste a record; gives what each check found."""
    shown = record if isinstance(record, str) else record.decode()
    page.get_by_label("Or paste the record").fill(shown)
    page.evaluate("document.querySelector('#answer').replaceChildren()")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator(".checks li")).to_have_count(10)
    found = page.locator(".checks li").evaluate_all(
        "items => items.map(item => [item.dataset.code, item.dataset.outcome])"
    )
    return dict(found)
