"""Parameters as a spreadsheet. The value of a secret one never leaves; a blank cell keeps it."""

from typing import Any

from app.core.sheets import Column, Importing, Sheet, Words, register
from app.system.parameters.permissions import LABELS
from app.system.parameters.schemas import ParameterCreate, ParameterQuery, ParameterUpdate
from app.system.parameters.service import service

TYPES: dict[Any, Words] = {
    "string": ("Line of text", "单行文本"),
    "integer": ("Whole number", "整数"),
    "boolean": ("On or off", "开关"),
    "json": ("JSON", "JSON"),
    "text": ("Text of several lines", "多行文本"),
}


def _keeps_blank(row: Any, name: str) -> bool:
    return name == "value" and row.is_secret


register(
    Sheet(
        service,
        ParameterQuery,
        LABELS.get,
        title=("Parameters", "系统参数"),
        columns=(
            Column("key", "Key", "键", width=30),
            Column("name", "Name", "名称", width=28),
            Column("value_type", "Type", "类型", TYPES),
            Column("value", "Value", "值", width=36),
            Column("is_secret", "Secret", "保密"),
            Column("description", "Description", "说明", width=48),
            Column("is_builtin", "Built in", "内置"),
            Column("modifier_name", "Changed by", "修改人"),
            Column("modifier_time", "Changed", "修改时间"),
        ),
        importing=Importing(LABELS, ParameterCreate, ParameterUpdate, key=("key",), keeps_blank=_keeps_blank),
    )
)
