"""Permission labels of the history of releases."""

from app.core.permissions import declare

RELEASE_GET = declare("perm:release:get", "See the history of releases")
