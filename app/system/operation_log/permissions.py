"""Permission labels of the operation log."""

from app.core.permissions import declare

GET = declare("perm:operation_log:get", "See and export the operation log")
DELETE = declare("perm:operation_log:delete", "Remove old entries of the operation log")
