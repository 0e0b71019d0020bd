"""All pages of an engineer's own development as one router."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from app.platform.routing import together
from app.recognition.ledger.service import Desk
from app.recognition.planning.peers import PeerFigures
from app.verification import Bundle
from app.web.cpd import (
    calendar_page,
    cycle_page,
    decision_page,
    entries_page,
    evidence_page,
    notes_page,
    overview_page,
    pack_page,
    path_page,
    statements_page,
)
from app.web.cpd.frame import Study
from app.web.room import Room


def build_router(room: Room, bundle: Callable[[Session, datetime], Bundle]) -> APIRouter:
    """``bundle`` gives what a record that is handed in is verified against."""

    def known(at: datetime) -> Bundle:
        with room.database.read() as session:
            return bundle(session, at)

    study = Study(room, Desk(known), PeerFigures())
    return together(
        overview_page.build_router(study),
        cycle_page.build_router(study),
        decision_page.build_router(study),
        path_page.build_router(study),
        entries_page.build_router(study),
        evidence_page.build_router(study),
        notes_page.build_router(study),
        calendar_page.build_router(study),
        pack_page.build_router(study),
        statements_page.build_router(study),
    )
