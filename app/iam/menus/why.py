""" "Why can I (not)?": what grants a label to somebody, or every reason why nothing does."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ErrorCode, ProblemError, not_valid
from app.core.permissions import meanings
from app.iam.menus import repository
from app.iam.menus.models import Menu
from app.iam.menus.schemas import MenuTitle, PermissionAnswer, ReasonCode, RoleTitle, Why, WhyReason
from app.iam.roles import repository as role_queries
from app.iam.roles.models import Role
from app.iam.users import repository as users


def _reason(
    code: ReasonCode, *, role: Role | None = None, path: Sequence[Menu] = (), disabled: Menu | None = None
) -> WhyReason:
    return WhyReason(
        code=code,
        grants=code in ("administrator", "ticked"),
        role=RoleTitle(id=role.id, name=role.name) if role else None,
        menus=[MenuTitle(id=menu.id, title=menu.title) for menu in path],
        disabled=MenuTitle(id=disabled.id, title=disabled.title) if disabled else None,
    )


def _path(menu: Menu, by_id: Mapping[int, Menu]) -> list[Menu]:
    path = [menu]
    while path[0].parent_id and path[0].parent_id in by_id:
        path.insert(0, by_id[path[0].parent_id])
    return path


def _of_tick(role: Role, path: Sequence[Menu]) -> WhyReason:
    off = next((menu for menu in path if not menu.is_enabled or menu.is_deleted), None)
    if off is not None:
        return _reason("menu_disabled" if off is path[-1] else "ancestor_disabled", role=role, path=path, disabled=off)
    return _reason("ticked" if role.is_enabled else "role_disabled", role=role, path=path)


async def _reasons(session: AsyncSession, user_id: int, label: str) -> list[WhyReason]:
    carriers = await repository.carriers(session, label)
    by_id = await repository.with_ancestors(session, carriers)
    roles = (await role_queries.roles_of(session, [user_id]))[user_id]
    ticks = await repository.ticked(session, [role.id for role in roles], [menu.id for menu in carriers])
    found = [_of_tick(role, _path(menu, by_id)) for role in roles for menu in carriers if (role.id, menu.id) in ticks]
    if not found:
        code: ReasonCode = "no_role" if not roles else "not_ticked"
        found = [_reason(code, path=_path(carriers[0], by_id) if carriers else ())]
    if not carriers:
        found.append(_reason("no_menu"))
    return found


async def why(session: AsyncSession, user_id: int, label: str) -> Why:
    meaning = meanings().get(label)
    if meaning is None:
        raise not_valid("label", "unknown_label", f"The code knows no label {label}.")
    user = await users.users.get(session, user_id)
    if user is None:
        raise ProblemError(ErrorCode.NOT_FOUND)
    reasons = await _reasons(session, user_id, label)
    if user.is_administrator:
        reasons.insert(0, _reason("administrator"))
    if not user.is_active:
        reasons.append(_reason("account_disabled"))
    return Why(
        user_id=user.id,
        username=user.username,
        display_name=user.display_name,
        label=label,
        meaning=meaning,
        granted=user.is_active and any(reason.grants for reason in reasons),
        reasons=sorted(reasons, key=lambda reason: not reason.grants),
    )


async def permissions(session: AsyncSession) -> list[PermissionAnswer]:
    """Every label of the code, where it hangs, and who ticks it."""
    answers = {
        label: PermissionAnswer(label=label, meaning=meaning, module=label.split(":")[1], menus=[], roles=[])
        for label, meaning in meanings().items()
    }
    for menu, role in await repository.labelled(session):
        answer = answers.get(menu.permission or "")
        if answer is None:
            continue  # a label of another release
        if all(kept.id != menu.id for kept in answer.menus):
            answer.menus.append(MenuTitle(id=menu.id, title=menu.title))
        if role is not None and all(kept.id != role.id for kept in answer.roles):
            answer.roles.append(RoleTitle(id=role.id, name=role.name))
    return list(answers.values())
