"""The public W3C suites run where somebody has them; elsewhere there is nothing to collect.

``tests/conftest.py`` says in the first lines of every run which of the two it is.
"""

import os

collect_ignore = [] if os.environ.get("OPENCPD_W3C_SUITES") else ["test_suites.py"]
