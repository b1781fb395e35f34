"""Roles as a spreadsheet, to be looked at: what they tick is a tree, not a cell."""

from app.core.sheets import Column, Sheet, register
from app.iam.roles.permissions import LABELS
from app.iam.roles.schemas import RoleQuery
from app.iam.roles.service import service

register(
    Sheet(
        service,
        RoleQuery,
        LABELS.get,
        title=("Roles", "角色"),
        columns=(
            Column("code", "Code", "编码"),
            Column("name", "Name", "名称"),
            Column("description", "Description", "说明", width=48),
            Column("is_enabled", "In use", "启用"),
            Column("is_default", "For new accounts", "新账号默认"),
            Column("user_count", "Users", "用户数"),
            Column("sort_order", "Order", "排序"),
            Column("created_at", "Created", "创建时间"),
            Column("creator_name", "Created by", "创建人"),
        ),
    )
)
