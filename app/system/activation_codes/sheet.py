"""Activation codes as a spreadsheet. Codes made elsewhere are taken in; who has redeemed one is not told by a file."""

from typing import Any

from app.core.sheets import Column, Importing, Sheet, Words, register
from app.system.activation_codes.permissions import EXPORT, LABELS
from app.system.activation_codes.schemas import ActivationCodeImport, ActivationCodeQuery, ActivationCodeUpdate
from app.system.activation_codes.service import new_batch, service

STATES: dict[Any, Words] = {
    "unused": ("Unused", "未使用"),
    "active": ("Active", "使用中"),
    "expired": ("Expired", "已过期"),
    "disabled": ("Disabled", "已停用"),
}


def _complete(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "batch": values["batch"] or new_batch()}


register(
    Sheet(
        service,
        ActivationCodeQuery,
        EXPORT,
        title=("Activation codes", "激活码"),
        columns=(
            Column("code", "Code", "激活码", width=28),
            Column("days", "Days", "天数"),
            Column("batch", "Batch", "批次", hint=("Made up where it is blank.", "留空则自动生成。")),
            Column("note", "Note", "备注", width=32),
            Column("is_enabled", "In use", "启用"),
            Column("state", "State", "状态", STATES, dictionary="activation_state"),
            Column("redeemer_name", "Used by", "使用者"),
            Column("started_at", "Used", "使用时间"),
            Column("deadline", "Valid until", "有效期至"),
            Column("created_at", "Created", "创建时间"),
            Column("creator_name", "Created by", "创建人"),
        ),
        importing=Importing(LABELS, ActivationCodeImport, ActivationCodeUpdate, key=("code",), complete=_complete),
    )
)
