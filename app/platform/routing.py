"""Routers put side by side, and in an application, without being built again.

FastAPI builds an included router's routes once more for what includes it, and again for each one
above that: at every start, and at the first request. Nothing here has a prefix, tag or dependency
for the routes of others, so they are put together as they are.
"""

from fastapi import APIRouter, FastAPI
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute


def together(*routers: APIRouter) -> APIRouter:
    """One router with the routes of all, in their order, each as its own router made it."""
    return APIRouter(routes=[route for router in routers for route in router.routes])


def attach(app: FastAPI, *routers: APIRouter, include_in_schema: bool = True) -> None:
    """Let ``app`` answer the routes of all, in their order, named as it names its own.

    What another router included is included: it is not complete by itself.
    """
    for route in together(*routers).routes:
        if not isinstance(route, APIRoute):
            app.include_router(APIRouter(routes=[route]), include_in_schema=include_in_schema)
            continue
        route.include_in_schema = route.include_in_schema and include_in_schema
        route.unique_id = _named(app, route)
        app.router.routes.append(route)


def _named(app: FastAPI, route: APIRoute) -> str:
    name = app.router.generate_unique_id_function
    return name.value(route) if isinstance(name, DefaultPlaceholder) else name(route)
