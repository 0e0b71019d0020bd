"""A registry's register from a terminal."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from app.platform.problems import NotFound
from app.recognition.register.sheets import FileUnreadable

Opencpd = Callable[..., Result]


def test_registrants_come_from_a_file_and_are_listed(opencpd: Opencpd, tmp_path: Path) -> None:
    opencpd("organisation", "add", "pec", "--kind", "registry", "--name", "Council")
    file = tmp_path / "register.csv"
    file.write_text("number,name\n1,Ada Obi\n2,Eve Ng\n,Nobody\n")
    trial = opencpd("registry", "import", "pec", str(file), "--dry-run")
    assert trial.stdout == "2 added, 0 changed, 0 unchanged, 1 faulty (nothing written)\n"
    assert json.loads(opencpd("registry", "list", "pec", "--json").stdout) == []
    done = opencpd("registry", "import", "pec", str(file))
    assert (done.exit_code, "row 4, number:" in done.stderr) == (1, True)
    again = json.loads(opencpd("registry", "import", "pec", str(file), "--json").stdout)
    assert (again["unchanged"], again["faulty"]) == (2, 1)
    (found,) = json.loads(opencpd("registry", "list", "pec", "--text", "eve", "--json").stdout)
    assert (found["number"], found["name"]) == ("2", "Eve Ng")
    assert "Ada Obi" in opencpd("registry", "list", "pec").stdout
    assert json.loads(opencpd("registry", "policies", "pec", "--json").stdout) == []


def test_what_cannot_be_read_is_said(opencpd: Opencpd, tmp_path: Path) -> None:
    opencpd("organisation", "add", "pec", "--kind", "registry", "--name", "Council")
    file = tmp_path / "register.csv"
    file.write_text("name\nAda\n")
    assert isinstance(opencpd("registry", "import", "pec", str(file)).exception, FileUnreadable)
    assert opencpd("registry", "import", "pec", str(tmp_path / "none.csv")).exit_code == 2
    file.write_text("number,name\n1,Ada\n")
    for words in (("import", "cse", str(file)), ("list", "cse"), ("policies", "cse")):
        assert isinstance(opencpd("registry", *words).exception, NotFound), words
