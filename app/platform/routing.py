"""Routers put side by side.

FastAPI builds an included router's routes once more for the router that includes it, and again for
each one above that: at every start, and at the first request. What only joins routers, and adds no
prefix, tag or dependency of its own, puts their routes together instead.
"""

from fastapi import APIRouter


def together(*routers: APIRouter) -> APIRouter:
    """One router with the routes of all, in their order, each as its own router made it."""
    return APIRouter(routes=[route for router in routers for route in router.routes])
