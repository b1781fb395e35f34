"""Permission labels of roles."""

from app.core.crud import declare_labels

LABELS = declare_labels("role", "roles")
