"""The operation log as a spreadsheet."""

from typing import Any

from app.core.sheets import Column, Sheet, Words, register
from app.system.operation_log.permissions import GET
from app.system.operation_log.schemas import OperationLogQuery
from app.system.operation_log.service import log

OUTCOMES: dict[Any, Words] = {
    "success": ("Done", "成功"),
    "denied": ("Denied", "被拒绝"),
    "failed": ("Refused", "失败"),
    "error": ("Error", "出错"),
}

register(
    Sheet(
        log,
        OperationLogQuery,
        GET,
        title=("Operation log", "操作日志"),
        columns=(
            Column("at", "When", "时间"),
            Column("username", "User", "用户"),
            Column("action", "Action", "操作", width=30),
            Column("resource", "Of", "对象"),
            Column("resource_id", "Number", "编号"),
            Column("outcome", "Outcome", "结果", OUTCOMES, dictionary="outcome"),
            Column("status", "Status", "状态码"),
            Column("duration_ms", "Milliseconds", "毫秒"),
            Column("method", "Method", "方法"),
            Column("path", "Path", "路径", width=36),
            Column("client_network", "From", "来源"),
            Column("request_id", "Request", "请求编号", width=30),
        ),
    )
)
