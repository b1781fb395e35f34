"""Every list that can be exported. Importing a domain's sheet registers it: add new ones here."""

from app.iam.roles import sheet as roles
from app.iam.sessions import sheet as login_logs
from app.iam.users import sheet as users
from app.system.activation_codes import sheet as activation_codes
from app.system.dictionaries import sheet as dictionaries
from app.system.operation_log import sheet as operation_log
from app.system.parameters import sheet as parameters

MODULES = (
    activation_codes,
    dictionaries,
    login_logs,
    operation_log,
    parameters,
    roles,
    users,
)
