"""Search over HTTP: what is taken and given (``schemas``), and the routes."""

from app.search.api.routes import build_router

__all__ = ["build_router"]
