"""Logs set up more than once in one process, as commands and tests do."""

import logging as standard
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from app.platform import logging


@pytest.fixture
def _as_it_was() -> Iterator[None]:
    root = standard.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.mark.usefixtures("_as_it_was")
def test_a_logger_follows_every_later_set_up() -> None:
    logger = structlog.get_logger("first used early")
    logging.configure("ERROR", "json")
    logger.info("one")
    logging.configure("ERROR", "console")
    with capture_logs() as logged:
        logger.info("two")
    assert [line["event"] for line in logged] == ["two"]
