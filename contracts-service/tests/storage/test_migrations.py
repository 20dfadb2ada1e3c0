import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from contracts_service.app import ABOUT
from services.kit.database.provisioning import migrate
from services.kit.testing import Urls, as_admin

from ..builders import PARTIES

CONTRACTS = """
with kept as (
    insert into contract (id, title, state, revision, version, party_ids, created_at, terminated_on)
    select gen_random_uuid(), title, state, 7, 1, $1::text[], now(), ended::date
    from (values
        ('draft', 'draft', null), ('active', 'active', null), ('ended', 'terminated', '2027-06-01'),
        ('never', 'terminated', '2027-06-01')
    ) as given (title, state, ended)
    returning id, title
)
insert into terms_version
select id, 1, case title when 'draft' then 'draft' when 'never' then 'signed' else 'effective' end,
       encode(sha256(''), 'hex'), '', date '2026-01-01', $1::text[], now()
from kept
"""


async def test_contracts_that_are_there_say_who_is_party_and_since_when(
    new_database: Callable[[str, Path | None], Awaitable[Urls]], tmp_path: Path
) -> None:
    urls = await new_database("contracts", None)
    before = tmp_path / "before"
    shutil.copytree(ABOUT.folder / "migrations", before / "migrations")
    shutil.copy(ABOUT.folder / "alembic.ini", before)
    (before / "migrations" / "versions" / "0002_amendments.py").unlink()
    await migrate(before, urls.owner)
    await as_admin(urls, CONTRACTS, list(PARTIES))
    await migrate(ABOUT.folder, urls.owner)
    rows = await as_admin(urls, "select title, member_ids, began_on::text from contract order by title")
    assert [tuple(row.values()) for row in rows] == [
        ("active", list(PARTIES), "2026-01-01"),
        ("draft", [], None),
        ("ended", list(PARTIES), "2026-01-01"),
        ("never", [], None),
    ]
