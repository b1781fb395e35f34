"""Users as a spreadsheet.

An imported account has a password that nobody knows, and has to choose one: by "Forgot password", or with one that an
administrator gives (docs/decisions/0112). One hash serves a whole import: 100,000 would take an hour and more.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.passwords import Passwords, generate_password
from app.core.sheets import Column, Importing, Sheet, register
from app.iam.roles import repository as roles
from app.iam.users.permissions import LABELS
from app.iam.users.schemas import UserCreate, UserQuery, UserUpdate
from app.iam.users.service import service


async def _role_codes(session: AsyncSession, answers: Sequence[Any]) -> Sequence[list[str]]:
    return [sorted(role.code for role in answer.roles) for answer in answers]


async def _role_ids(session: AsyncSession, codes: set[str]) -> Mapping[str, Any]:
    return {role.code: role.id for role in await roles.options(session) if role.code in codes}


async def _all_roles(session: AsyncSession) -> Sequence[str]:
    return [role.code for role in await roles.options(session)]


def _complete(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "password"}


async def _nobodys_password() -> Mapping[str, Any]:
    return {"password_hash": await Passwords().make(generate_password()), "must_change_password": True}


register(
    Sheet(
        service,
        UserQuery,
        LABELS.get,
        title=("Users", "用户"),
        columns=(
            Column("username", "User name", "用户名", width=24),
            Column("display_name", "Name", "姓名", width=24),
            Column("email", "E-mail", "邮箱", width=30),
            Column(
                "roles",
                "Roles",
                "角色",
                field="role_ids",
                many=True,
                show=_role_codes,
                find=_role_ids,
                options=_all_roles,
                hint=("Codes of roles, with commas between.", "角色编码，多个用逗号分隔。"),
                width=24,
            ),
            Column("is_active", "Active", "启用"),
            Column("is_administrator", "Administrator", "管理员"),
            Column("is_locked", "Locked out", "已锁定"),
            Column("must_change_password", "Has to change the password", "须修改密码"),
            Column("last_login_at", "Last log-in", "上次登录"),
            Column("created_at", "Created", "创建时间"),
            Column("creator_name", "Created by", "创建人"),
        ),
        importing=Importing(
            LABELS, UserCreate, UserUpdate, key=("username",), complete=_complete, prepare=_nobodys_password
        ),
    )
)
