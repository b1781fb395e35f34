"""Dictionaries and their items as spreadsheets. An item names its dictionary by the code."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sheets import Column, Importing, Sheet, Words, register
from app.system.dictionaries import repository
from app.system.dictionaries.permissions import LABELS
from app.system.dictionaries.schemas import (
    DictionaryCreate,
    DictionaryItemCreate,
    DictionaryItemQuery,
    DictionaryItemUpdate,
    DictionaryQuery,
    DictionaryUpdate,
)
from app.system.dictionaries.service import items, types

COLOURS: dict[Any, Words] = {
    "default": ("Grey", "灰"),
    "primary": ("Accent", "主色"),
    "success": ("Green", "绿"),
    "warning": ("Amber", "橙"),
    "danger": ("Red", "红"),
    "info": ("Blue-grey", "蓝灰"),
}


async def _codes(session: AsyncSession, answers: Sequence[Any]) -> Sequence[str]:
    codes = await repository.codes_of_types(session, {answer.type_id for answer in answers})
    return [codes.get(answer.type_id, "") for answer in answers]


async def _types(session: AsyncSession, codes: set[str]) -> Mapping[str, Any]:
    return {row.code: row.id for row in await repository.types.matching(session, ["code"], {(code,) for code in codes})}


register(
    Sheet(
        types,
        DictionaryQuery,
        LABELS.get,
        title=("Dictionaries", "字典"),
        columns=(
            Column("code", "Code", "编码", width=28),
            Column("name", "Name", "名称", width=28),
            Column("description", "Description", "说明", width=40),
            Column("is_enabled", "In use", "启用"),
            Column("item_count", "Items", "条目数"),
            Column("created_at", "Created", "创建时间"),
        ),
        importing=Importing(LABELS, DictionaryCreate, DictionaryUpdate, key=("code",)),
    )
)
register(
    Sheet(
        items,
        DictionaryItemQuery,
        LABELS.get,
        title=("Dictionary items", "字典条目"),
        columns=(
            Column("type", "Dictionary", "字典", field="type_id", show=_codes, find=_types, options=repository.codes),
            Column("value", "Value", "值", width=24),
            Column("label", "Label", "标签", width=28),
            Column("colour", "Colour", "颜色", COLOURS),
            Column("sort_order", "Order", "排序"),
            Column("is_enabled", "In use", "启用"),
            Column("is_default", "Default", "默认"),
            Column("created_at", "Created", "创建时间"),
        ),
        importing=Importing(LABELS, DictionaryItemCreate, DictionaryItemUpdate, key=("type_id", "value")),
    )
)
