"""Where the servers under test keep their data: in their folders, or in a PostgreSQL database for each."""

import os
import urllib.parse
import uuid

import psycopg
from psycopg import sql

STORE = os.environ.get("RILL_TEST_STORE", "sqlite")
"""`sqlite` or `postgres`."""

SERVER = os.environ.get("RILL_TEST_POSTGRES_URL", "")
"""A server on which databases may be made; `scripts/test` starts one."""


class Database:
    """One database of its own. On SQLite there is none, because the data folder holds everything."""

    def __init__(self, template: "Database | None" = None):
        self.name = ""
        self.settings: dict[str, str] = {}
        """What Rill has to be told to use it."""
        if STORE == "postgres":
            self.name = f"rill_browser_{uuid.uuid4().hex[:12]}"
            parts = urllib.parse.urlsplit(SERVER)
            self.settings["DATABASE_URL"] = parts._replace(path=f"/{self.name}").geturl()
            _run("CREATE DATABASE {} TEMPLATE {}", self.name, template.name if template else "template1")

    def drop(self) -> None:
        """With whatever is still connected to it."""
        if self.name:
            _run("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)


def _run(statement: str, *names: str) -> None:
    # Databases cannot be made or dropped within a transaction.
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
