"""Benchmarks: `psql \\copy` of rows that a service has just kept, as the reference for how it kept them."""

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.engine import make_url
from tests.benchmarks.harness import program

MOST_SECONDS = 120
_COPIED = re.compile(r"COPY (\d+)")
_TIMED = re.compile(r"Time: ([0-9.]+) ms")


def psql(url: str, *commands: str) -> str:
    """What psql says to these commands, in one session as the role of `url`. Errors: Missing, and those of
    `subprocess.run` when one of them fails."""
    place = make_url(url)
    where = ["-h", str(place.query["host"]), "-U", str(place.username), "-d", str(place.database)]
    what = [argument for command in commands for argument in ("-c", command)]
    return subprocess.run(
        [program("psql", "postgresql-client"), "-X", "-v", "ON_ERROR_STOP=1", *where, *what],
        check=True,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
    ).stdout


def truncate(url: str, *tables: str) -> None:
    """Tables and indexes as new; the rows there only ever grow, so that this is for who owns the server."""
    psql(url, "set session_replication_role = replica", f"truncate {', '.join(tables)} cascade", "checkpoint")


def seconds_to_copy(
    url: str, folder: Path, tables: Sequence[str], empty: Callable[[], None], *, together: bool = False
) -> float:
    """Seconds that one \\copy for each table needs for the rows that stand there, once `empty` has emptied the tables;
    `together` in one transaction, whose end is counted too. Keys, checks and triggers are on."""
    files = {f"{table} ({_columns(url, table)})": folder / table for table in tables}
    kept = psql(url, *(f"\\copy {of} to '{file}'" for of, file in files.items()))
    empty()
    copies = [f"\\copy {of} from '{file}'" for of, file in files.items()]
    output = psql(url, "\\timing on", *(["begin", *copies, "commit"] if together else copies))
    if _COPIED.findall(output) != _COPIED.findall(kept):
        raise RuntimeError(f"not every row was copied: {output}")
    for file in files.values():
        file.unlink()
    return sum(float(milliseconds) for milliseconds in _TIMED.findall(output)) / 1000


def _columns(url: str, table: str) -> str:
    """The columns that are written: not those that PostgreSQL generates."""
    query = "select string_agg(column_name, ', ' order by ordinal_position) from information_schema.columns"
    where = f"where table_name = '{table}' and is_generated = 'NEVER'"
    return psql(url, f"copy ({query} {where}) to stdout").strip()
