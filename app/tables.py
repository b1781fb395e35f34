"""Every table of the product. Importing a domain's models puts its tables into the metadata: add new domains here."""

from app.chat.conversations import models as conversations
from app.chat.providers import models as chat_providers
from app.core import versions
from app.core.events import models as events
from app.core.models import Base
from app.iam.account import models as account
from app.iam.menus import models as menus
from app.iam.registration import models as registration
from app.iam.roles import models as roles
from app.iam.sessions import models as sessions
from app.iam.users import models as users
from app.images.gallery import models as images
from app.images.providers import models as image_providers
from app.jobs import models as jobs
from app.notify import models as notify
from app.system.activation_codes import models as activation_codes
from app.system.dictionaries import models as dictionaries
from app.system.operation_log import models as operation_log
from app.system.parameters import models as parameters

MODELS = (
    account,
    activation_codes,
    chat_providers,
    conversations,
    dictionaries,
    events,
    image_providers,
    images,
    jobs,
    menus,
    notify,
    operation_log,
    parameters,
    registration,
    roles,
    sessions,
    users,
    versions,
)
metadata = Base.metadata
