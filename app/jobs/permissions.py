"""Permission labels of jobs: of other people's, and of those that belong to nobody. One's own need none."""

from app.core.permissions import declare

GET = declare("perm:job:get", "See everybody's jobs, the queues and the workers")
UPDATE = declare("perm:job:update", "Cancel, retry and reorder everybody's jobs")
DELETE = declare("perm:job:delete", "Delete everybody's finished jobs")
