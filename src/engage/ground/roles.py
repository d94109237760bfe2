"""The database roles, made at each start if absent.

Owner: migrations only. App: owns nothing and cannot pass row-level security. Public: may put
letters into the letterbox and do nothing else. It is made for a public site with released tables, neither of which is
there yet. Backup: reads all, writes nothing.
"""

from collections.abc import Callable

import psycopg
from psycopg import sql

OWNER, APP, PUBLIC, BACKUP = "engage_owner", "engage_app", "engage_public", "engage_backup"

ATTRIBUTES = {
    # CREATEDB because a test run makes its own database as the owner.
    OWNER: "LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    APP: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    PUBLIC: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    BACKUP: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS",
}


class RolesRefused(Exception):
    """The account of DATABASE_URL may not make the roles; the message says what to do."""


def prepare(admin: psycopg.Connection, database: str, password_of: Callable[[str], str]) -> dict[str, str]:
    """Make roles and database if absent, on an autocommit connection; answers role → password.

    A role that exists is left as it is, its password too: another checkout may be using it.
    """
    passwords = {role: password_of(role) for role in ATTRIBUTES}
    try:
        for role, attributes in ATTRIBUTES.items():
            exists = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            if exists:
                continue
            create = sql.SQL("CREATE ROLE {} " + attributes + " PASSWORD {}")
            admin.execute(create.format(sql.Identifier(role), sql.Literal(passwords[role])))
        admin.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(BACKUP)))
        admin.execute(
            sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(sql.Identifier(BACKUP))
        )
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            create = sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0")
            admin.execute(create.format(sql.Identifier(database), sql.Identifier(OWNER)))
    except psycopg.errors.InsufficientPrivilege as refused:
        raise RolesRefused(
            "The account in DATABASE_URL may not make Engage’s roles and database "
            f"({str(refused).strip()}). Give an account that may, or make {', '.join(ATTRIBUTES)} yourself and set "
            "ENGAGE_DATABASE_URL, ENGAGE_OWNER_DATABASE_URL and ENGAGE_PUBLIC_DATABASE_URL."
        ) from refused
    return passwords
