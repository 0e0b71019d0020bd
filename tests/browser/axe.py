"""What axe-core finds wrong on a page: who would be shut out, and by what."""

from playwright.sync_api import Page

from tests.conftest import skip_or_fail
from tests.npm import AXE, axe_script

GRAVE = ("serious", "critical")


def grave_findings(page: Page) -> list[str]:
    """Everything serious or critical on the page as it is now, one line each."""
    script = axe_script()
    if script is None:
        skip_or_fail(f"{AXE} is not here: install npm, or connect to the package registry")
    page.evaluate(f"{script}\n;undefined")
    report = page.evaluate("axe.run(document, {resultTypes: ['violations', 'passes']})")
    assert len(report["passes"]) > 10, "nothing was looked at"
    return [
        f"{finding['id']} ({finding['impact']}): {node['target']}: {node['failureSummary']}"
        for finding in report["violations"]
        if finding["impact"] in GRAVE
        for node in finding["nodes"]
    ]
