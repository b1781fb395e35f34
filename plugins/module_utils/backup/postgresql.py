"""A database on a PostgreSQL server: one snapshot of it, brought to life in a database beside it, exchanged by renames.

docs/decisions/0131 says why so.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..whole_file import write_whole
from .model import Plan, RefusedError, setting
from .postgresql_client import ADMINISTRATIVE, Session, address, connect, identifier, literal, run

COPY = "database.dump"  # beside shared/ in a backup, so that a restore does not put it among the files of people
TRYING, BRINGING, REPLACED = "_backup_trying", "_backup_restoring", "_before_restore"  # after the name of ours
LONGEST_NAME = 63 - len(BRINGING)  # bytes: the server cuts off what is longer
ONE_AT_A_TIME = 1735552885  # of advisory locks: ours, as in the app
URL = "APP_DATABASE_URL"
# Those that pg_dump takes: no server's own, no session's own, none that comes with an extension.
TABLES = """
    SELECT to_json(format('%I.%I', nspname, relname))
    FROM pg_class AS the_table JOIN pg_namespace AS space ON space.oid = relnamespace
    WHERE relkind = 'r' AND nspname <> 'information_schema' AND nspname !~ '^pg_' AND NOT EXISTS (
        SELECT FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND objid = the_table.oid AND deptype = 'e'
    )
    ORDER BY nspname, relname
"""


def _name(plan: Plan) -> str:
    name = address(plan)["PGDATABASE"]
    if len(name.encode()) > LONGEST_NAME:
        raise RefusedError(f"The name of the database {name} is longer than {LONGEST_NAME} bytes.", "rename it")
    return name


def path(_: Plan, folder: Path) -> Path:
    return folder / COPY


def files(_: Plan) -> set[Path]:
    return set()


def _of(session: Session, name: str, what: str) -> list[Any]:
    """What the server knows of a database; nothing where there is none."""
    return session.ask(f"SELECT {what} FROM pg_database AS the_database WHERE datname = {literal(name)}")  # noqa: S608  # quoted


def _require_rights(plan: Plan, session: Session) -> None:
    """Of the role, which is the app's: it must make the databases that copies are brought to life in."""
    name = _name(plan)
    may, role = session.one(
        "SELECT json_build_array(rolcreatedb OR rolsuper, rolname) FROM pg_roles WHERE rolname = current_user"
    )
    if not may:
        raise RefusedError(
            f"The role {role} may not create databases, so no backup can be tried by restoring it.",
            f"as the server's administrator: ALTER ROLE {identifier(role)} CREATEDB",
        )
    for owner, owns in _of(session, name, "json_build_array(pg_get_userbyid(datdba), pg_has_role(datdba, 'USAGE'))"):
        if not owns:
            raise RefusedError(
                f"The database {name} is {owner}'s and not {role}'s, so a restore could not exchange it.",
                f"as the server's administrator: ALTER DATABASE {identifier(name)} OWNER TO {identifier(role)}",
            )


def require(plan: Plan) -> int:
    with connect(plan, _name(plan)) as session:
        _require_rights(plan, session)
        return int(session.one("SELECT pg_database_size(current_database())"))


def copy(plan: Plan, target: Path) -> dict[str, Any]:
    """pg_dump of the very snapshot that was looked at. Not compressed: restic stores what did not change once."""
    with connect(plan, _name(plan)) as session:
        session.ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = session.one("SELECT to_json(pg_export_snapshot())")
        found = _look(session)  # before pg_dump: from here on a migration waits, as it would for pg_dump
        with target.open("wb") as out:
            how = ("--format=custom", "--compress=0", f"--snapshot={snapshot}", "--lock-wait-timeout=600000")
            run(plan, "pg_dump", _name(plan), *how, stdin=subprocess.DEVNULL, stdout=out)
    return found


def _look(session: Session) -> dict[str, Any]:
    """Rows of each table, a hash of them in whatever order, and the revision of the schema."""
    found: dict[str, Any] = {"tables": {}, "hashes": {}, "revision": ""}
    for table in session.ask(TABLES):
        rows = "('x' || left(md5((the_row.*)::text), 16))::bit(64)::bigint"
        count, told = session.one(
            f"SELECT json_build_array(count(*), coalesce(sum({rows}), 0)::text)"  # noqa: S608  # quoted by the server
            f" FROM ONLY {table} AS the_row"
        )
        found["tables"][table], found["hashes"][table] = count, told
    if "public.alembic_version" in found["tables"]:
        revisions = session.ask("SELECT to_json(version_num) FROM public.alembic_version ORDER BY version_num")
        found["revision"] = ", ".join(revisions)
    return found


def damage(plan: Plan, path: Path) -> str:
    """Whether pg_restore can read it at all; that it can be brought to life is seen by doing so."""
    try:
        _restore(plan, path)
    except RefusedError as refused:
        return str(refused)
    return ""


def _restore(plan: Plan, path: Path, into: str = "") -> None:
    """Into an empty database, or into nothing. Owners and grants are left out: the role that restores it has it."""
    how = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    with path.open("rb") as dump:
        run(plan, "pg_restore", into, *(how if into else ("--list",)), stdin=dump, stdout=subprocess.DEVNULL)


def contents(plan: Plan, path: Path) -> dict[str, Any]:
    with _alone(plan, TRYING) as session:
        try:
            return _bring_to_life(plan, session, path, _name(plan) + TRYING)
        finally:
            _drop(session, _name(plan) + TRYING)


def bring(plan: Plan, path: Path) -> dict[str, Any]:
    """The address of the server is this machine's and not the backup's, so its .env gets it too."""
    with _alone(plan) as session:
        found = _bring_to_life(plan, session, path, _name(plan) + BRINGING)
    settings = path.parent / "shared/.env"
    lines = [line for line in settings.read_text(encoding="utf-8").splitlines() if not line.startswith(f"{URL}=")]
    write_whole(settings, "\n".join([*lines, f"{URL}={setting(plan, URL)}"]) + "\n", 0o600)
    return found


@contextmanager
def _alone(plan: Plan, which: str = BRINGING) -> Iterator[Session]:
    """Several machines may share a database, and none may drop what another one is bringing to life.

    A trial and a restore do not wait for each other: the site may be stopped meanwhile.
    """
    with connect(plan, ADMINISTRATIVE) as session:
        name = literal(_name(plan) + which)
        session.ask(f"SELECT to_json(pg_advisory_lock({ONE_AT_A_TIME}, hashtext({name}))::text)")
        _require_rights(plan, session)
        yield session


def _bring_to_life(plan: Plan, session: Session, path: Path, name: str) -> dict[str, Any]:
    _drop(session, name)  # one that was killed left it
    session.ask(f"CREATE DATABASE {identifier(name)} TEMPLATE template0 {_locale(plan, session)}")
    _restore(plan, path, name)
    with connect(plan, name) as there:
        there.ask("ANALYZE")  # or its first queries would be planned blindly
        return _look(there)


def _locale(plan: Plan, session: Session) -> str:
    """As that of the database in use: what is sorted and found is to be the same. Its columns differ by version."""
    for live in _of(session, _name(plan), "to_json(the_database)"):
        provider = {"c": "libc", "i": "icu", "b": "builtin"}.get(live.get("datlocprovider", ""))
        words = {
            "ENCODING": session.one(f"SELECT to_json(pg_encoding_to_char({int(live['encoding'])}))"),
            "LC_COLLATE": live["datcollate"],
            "LC_CTYPE": live["datctype"],
            "LOCALE_PROVIDER": provider,
        }
        if provider != "libc":
            words[f"{provider}_LOCALE"] = live.get("datlocale") or live.get("daticulocale")
        return " ".join(f"{word} {literal(value)}" for word, value in words.items() if value)
    return "ENCODING 'UTF8'"  # the one in use was lost


def _drop(session: Session, name: str) -> None:
    session.ask(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")


def _rename(session: Session, *pairs: tuple[str, str]) -> None:
    """All of them or none. Whoever is connected as our role is sent away: it is no more than a shell."""
    names = ", ".join(literal(old) for old, _ in pairs)
    session.ask(
        "SELECT to_json(pg_terminate_backend(pid)) FROM pg_stat_activity"  # noqa: S608  # quoted
        f" WHERE datname IN ({names}) AND usename = current_user"
    )
    renames = [f"ALTER DATABASE {identifier(old)} RENAME TO {identifier(new)}" for old, new in pairs]
    session.ask("; ".join(["BEGIN", *renames, "COMMIT"]))


def _is_there(session: Session, name: str) -> bool:
    return bool(_of(session, name, "to_json(oid)"))


def exchange(plan: Plan) -> None:
    name = _name(plan)
    with _alone(plan) as session:
        replaced = [(name, name + REPLACED)] if _is_there(session, name) else []
        _rename(session, *replaced, (name + BRINGING, name))


def take_back(plan: Plan) -> None:
    name = _name(plan)
    with _alone(plan) as session:
        if _is_there(session, name + REPLACED):
            brought = [(name, name + BRINGING)] if _is_there(session, name) else []
            _rename(session, *brought, (name + REPLACED, name))
        _drop(session, name + BRINGING)


def forget_brought(plan: Plan) -> None:
    with _alone(plan) as session:
        _drop(session, _name(plan) + BRINGING)


def forget_replaced(plan: Plan) -> None:
    with _alone(plan) as session:
        _drop(session, _name(plan) + REPLACED)
