"""Permission labels of schedules."""

from app.core.crud import declare_labels
from app.core.permissions import declare

LABELS = declare_labels("schedule", "schedules")
RUN = declare("perm:schedule:run", "Run what is scheduled at once")
