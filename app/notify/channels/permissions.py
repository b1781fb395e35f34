"""Permission labels of channels."""

from app.core.crud import declare_labels

LABELS = declare_labels("notice_channel", "notice_channels")
