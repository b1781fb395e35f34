"""Permission labels of the backups."""

from app.core.permissions import declare

GET = declare("perm:backup:get", "See the backups")
CREATE = declare("perm:backup:create", "Ask for a backup now")
