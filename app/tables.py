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
from app.jobs.schedules import models as schedules
from app.notify import models as notify
from app.notify.channels import models as notice_channels
from app.notify.inbox import models as inbox
from app.notify.templates import models as notice_templates
from app.system.activation_codes import models as activation_codes
from app.system.dictionaries import models as dictionaries
from app.system.operation_log import models as operation_log
from app.system.parameters import models as parameters
from app.transfer.imports import models as transfer_imports

MODELS = (
    account,
    activation_codes,
    chat_providers,
    conversations,
    dictionaries,
    events,
    image_providers,
    images,
    inbox,
    jobs,
    menus,
    notice_channels,
    notice_templates,
    notify,
    operation_log,
    parameters,
    registration,
    roles,
    schedules,
    sessions,
    transfer_imports,
    users,
    versions,
)
metadata = Base.metadata
