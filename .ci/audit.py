"""Asks whether what the image pins is known to be vulnerable (pip-audit); exit code 1 if so.

A registry without advisories knows no package, which pip-audit counts as "no known
vulnerabilities". That is not an answer, so it is said: NOT RUN.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PINNED = Path(__file__).parents[1] / "app/requirements.txt"


def judge(report: Mapping[str, Any]) -> tuple[int, Sequence[str]]:
    """The exit code and the lines to print for pip-audit's report."""
    packages = report["dependencies"]
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    bad = [
        f"VULNERABLE: {one['name']} {one['version']}: {found['id']},"
        f" mended in {', '.join(found['fix_versions']) or 'no version yet'}"
        for one in packages
        for found in one.get("vulns", ())
    ]
    asked = len(packages) - len(unknown)
    if not asked:
        return 1 if bad else 0, [*bad, "NOT RUN: the registry has no advisories to ask"]
    lines = [*bad, f"{asked} packages asked for, {len(bad)} vulnerabilities"]
    if unknown:
        lines.append(f"NOT RUN for {len(unknown)} packages: {', '.join(unknown)}")
    return 1 if bad else 0, lines


def main() -> int:
    """Run pip-audit over the pinned requirements."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(PINNED), "--no-deps"]
    options = ["--disable-pip", "--format", "json", "--progress-spinner", "off"]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    try:
        code, lines = judge(json.loads(ran.stdout))
    except ValueError:
        code, lines = 1, ["pip-audit failed:", ran.stderr]
    print(*lines, sep="\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
