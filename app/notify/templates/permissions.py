"""Permission labels of the texts of notices."""

from app.core.permissions import declare

GET = declare("perm:notice_template:get", "See the texts of notices and where they go")
UPDATE = declare("perm:notice_template:update", "Change the texts of notices")
