"""What can only be tried on PostgreSQL is left out where there is none."""

from tests.conftest import STACK

collect_ignore = ["test_shared_limits.py"] if STACK == "small" else []
