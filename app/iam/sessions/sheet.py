"""The login log as a spreadsheet."""

from typing import Any

from app.core.crud import Service
from app.core.sheets import Column, Sheet, Words, register
from app.iam.sessions.models import LoginOutcome
from app.iam.sessions.permissions import GET_LOG
from app.iam.sessions.repository import login_log
from app.iam.sessions.schemas import LoginLogAnswer, LoginLogQuery

OUTCOMES: dict[Any, Words] = {
    LoginOutcome.SUCCESS: ("Logged in", "登录成功"),
    LoginOutcome.WRONG_PASSWORD: ("Wrong password", "密码错误"),
    LoginOutcome.UNKNOWN_ACCOUNT: ("Unknown account", "账户不存在"),
    LoginOutcome.DISABLED: ("Account disabled", "账户已停用"),
    LoginOutcome.LIMITED: ("Too many tries", "尝试次数过多"),
}
log = Service("login_log", "login_logs", login_log, LoginLogAnswer)

register(
    Sheet(
        log,
        LoginLogQuery,
        GET_LOG,
        title=("Login log", "登录日志"),
        columns=(
            Column("created_at", "When", "时间"),
            Column("username", "User name", "用户名"),
            Column("outcome", "Outcome", "结果", OUTCOMES, width=24),
            Column("client_network", "From", "来源"),
            Column("user_agent", "Browser", "浏览器", width=48),
        ),
    )
)
