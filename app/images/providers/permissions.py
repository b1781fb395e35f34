"""Permission labels of image providers."""

from app.core.crud import declare_labels

LABELS = declare_labels("image_provider", "image_providers")
