"""Permission labels of the chat. Conversations need one only: everybody sees their own and nobody else's."""

from app.core.crud import declare_labels
from app.core.permissions import declare

USE = declare("perm:chat:use", "Chat with models")
PROVIDERS = declare_labels("chat_provider", "chat_providers")
