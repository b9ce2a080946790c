"""What the routes need of the application and of the request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import Actor
from camera_pipeline.review.shelf import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What is behind pages and API.

    Attributes:
        desk: database, clock, settings.
        shelf: evidence.
        secure: served by TLS.
    """

    desk: Desk
    shelf: Shelf
    secure: bool


def office_of(request: Request) -> Office:
    """Return the office of the application."""
    office: Office = request.app.state.office
    return office


def actor_of(request: Request) -> Actor:
    """Return who is signed in; the guard has seen to it that somebody is."""
    actor: Actor = request.state.actor
    return actor


TheOffice = Annotated[Office, Depends(office_of)]
TheActor = Annotated[Actor, Depends(actor_of)]
