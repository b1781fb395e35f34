"""Every task of the product. Importing a domain's tasks declares them: add new domains here.

The worker runs them; web processes must know them too, to say what may be cancelled and tried again.
"""

from app.backup.portable import tasks as portable
from app.chat.answers import tasks as answers
from app.chat.conversations import tasks as conversations
from app.chat.providers import tasks as chat_providers
from app.images.gallery import tasks as gallery
from app.images.generation import tasks as image_generation
from app.jobs import tasks as jobs
from app.notify import tasks as notify
from app.transfer.exports import tasks as exports
from app.transfer.imports import tasks as imports

MODULES = (
    answers,
    chat_providers,
    conversations,
    exports,
    gallery,
    image_generation,
    imports,
    jobs,
    notify,
    portable,
)
