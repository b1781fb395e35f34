"""The menu and the roles that every installation starts with. People change them; a seed adds only what is new."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """Its name is its path without the slash; its buttons are named by their labels."""

    name: str
    view: str
    title: str
    icon: str
    permission: str | None = None
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Directory:
    name: str
    title: str
    icon: str
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class DefaultRole:
    code: str
    name: str
    description: str
    is_default: bool
    labels: frozenset[str] = frozenset()
    reads_all: bool = False

    def ticks(self, permission: str | None) -> bool:
        """A menu without a label is a directory, or everybody's."""
        if permission is None:
            return self.reads_all
        return permission in self.labels or (self.reads_all and permission.endswith(":get"))


def _labels(resource: str, *actions: str) -> tuple[str, ...]:
    return tuple(f"perm:{resource}:{action}" for action in actions)


CHANGES = ("create", "update", "delete")
EVERYDAY = (*_labels("chat", "use"), *_labels("image", "use"))  # what every role that is made here may do

DEFAULT_MENU: tuple[Page | Directory, ...] = (
    Page("dashboard", "system/DashboardView", "system.menu.dashboard", "dashboard"),
    Page("chat", "chat/ChatView", "chat.menu.chat", "message-square", "perm:chat:use"),
    Page("images", "images/ImagesView", "images.menu.images", "image", "perm:image:use"),
    Page("jobs", "jobs/JobsView", "jobs.menu.jobs", "list-checks", None, _labels("job", "get", "update", "delete")),
    Page("imports", "transfer/ImportsView", "transfer.menu.imports", "file-up", "perm:transfer:import"),
    Directory(
        "iam",
        "iam.menu.directory",
        "users",
        (
            Page(
                "users",
                "iam/UsersView",
                "iam.menu.users",
                "users",
                "perm:user:get",
                _labels("user", *CHANGES, "reset_password", "unlock"),
            ),
            Page("roles", "iam/RolesView", "iam.menu.roles", "shield", "perm:role:get", _labels("role", *CHANGES)),
            Page("menus", "iam/MenusView", "iam.menu.menus", "list-tree", "perm:menu:get", _labels("menu", *CHANGES)),
            Page("permissions", "iam/PermissionsView", "iam.menu.permissions", "key-round", "perm:permission:get"),
            Page(
                "sessions",
                "iam/SessionsView",
                "iam.menu.sessions",
                "monitor-smartphone",
                "perm:session:get",
                _labels("session", "delete"),
            ),
            Page(
                "login-logs",
                "iam/LoginLogView",
                "iam.menu.login_logs",
                "log-in",
                "perm:login_log:get",
                _labels("login_log", "delete"),
            ),
        ),
    ),
    Directory(
        "notices",
        "notify.menu.directory",
        "bell",
        (
            Page(
                "notice-channels",
                "notify/ChannelsView",
                "notify.menu.channels",
                "megaphone",
                "perm:notice_channel:get",
                _labels("notice_channel", *CHANGES),
            ),
            Page(
                "notice-templates",
                "notify/TemplatesView",
                "notify.menu.templates",
                "file",
                "perm:notice_template:get",
                _labels("notice_template", "update"),
            ),
            Page(
                "outbox",
                "notify/OutboxView",
                "notify.menu.outbox",
                "mail",
                "perm:outbox:get",
                _labels("outbox", "update"),
            ),
        ),
    ),
    Directory(
        "settings",
        "system.menu.directory",
        "settings",
        (
            Page(
                "parameters",
                "system/ParametersView",
                "system.menu.parameters",
                "sliders-horizontal",
                "perm:parameter:get",
                _labels("parameter", *CHANGES, "refresh"),
            ),
            Page(
                "dictionaries",
                "system/DictionariesView",
                "system.menu.dictionaries",
                "book-open",
                "perm:dictionary:get",
                _labels("dictionary", *CHANGES, "refresh"),
            ),
            Page(
                "schedules",
                "jobs/SchedulesView",
                "jobs.menu.schedules",
                "calendar-clock",
                "perm:schedule:get",
                _labels("schedule", *CHANGES, "run"),
            ),
            Page(
                "operation-logs",
                "system/OperationLogView",
                "system.menu.operation_logs",
                "scroll-text",
                "perm:operation_log:get",
                _labels("operation_log", "delete"),
            ),
            Page("logs", "system/LogsView", "system.menu.logs", "file-search", "perm:log:get"),
            Page(
                "activation-codes",
                "system/ActivationCodesView",
                "system.menu.activation_codes",
                "ticket",
                "perm:activation_code:get",
                _labels("activation_code", *CHANGES, "export"),
            ),
            Page(
                "chat-providers",
                "chat/ProvidersView",
                "chat.menu.providers",
                "bot",
                "perm:chat_provider:get",
                _labels("chat_provider", *CHANGES),
            ),
            Page(
                "image-providers",
                "images/ImageProvidersView",
                "images.menu.image_providers",
                "wand",
                "perm:image_provider:get",
                _labels("image_provider", *CHANGES),
            ),
            Page(
                "recycle-bin",
                "system/RecycleBinView",
                "system.menu.recycle_bin",
                "trash-2",
                "perm:recycle_bin:get",
                _labels("recycle_bin", "restore", "purge"),
            ),
        ),
    ),
    Page(
        "system",
        "system/SystemView",
        "system.menu.system",
        "system",
        "perm:release:get",
        (*_labels("link_check", "get"), *_labels("backup", "get", "create"), *_labels("data", "export")),
    ),
)

DEFAULT_ROLES = (
    DefaultRole(
        "operator",
        "Operator",
        "Sees everything; changes parameters, dictionaries and activation codes.",
        is_default=False,
        reads_all=True,
        labels=frozenset(
            (
                *_labels("parameter", *CHANGES, "refresh"),
                *_labels("dictionary", *CHANGES, "refresh"),
                *_labels("activation_code", *CHANGES, "export"),
                *_labels("transfer", "import"),
                *EVERYDAY,
            )
        ),
    ),
    DefaultRole(
        "member",
        "Member",
        "Whoever registers: the dashboard, one's own account, chat and images.",
        is_default=True,
        labels=frozenset(EVERYDAY),
    ),
)
