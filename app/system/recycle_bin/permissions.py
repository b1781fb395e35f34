"""Permission labels of the recycle bin."""

from app.core.permissions import declare

GET = declare("perm:recycle_bin:get", "See what was deleted")
RESTORE = declare("perm:recycle_bin:restore", "Restore what was deleted")
PURGE = declare("perm:recycle_bin:purge", "Remove for good what was deleted")
