"""Permission labels of exports of all data."""

from app.core.permissions import declare

EXPORT = declare(
    "perm:data:export", "Export all data, with everybody's password hashes and what they wrote, as one file"
)
