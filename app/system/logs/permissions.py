"""Permission labels of log files."""

from app.core.permissions import declare

LOG_GET = declare("perm:log:get", "Read and search the application's log files")
