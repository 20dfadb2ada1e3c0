from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from services.kit.database.database import Database
from services.kit.testing import Urls, as_admin

from ..builders import EVALUATOR, INVESTOR, PAYER, PROVIDER, STRANGER, an_agreement, an_amendment, another_evaluator
from ..conftest import Registry
from ..usecases.agreeing import active, amended, amending, drafted, proposed, sign

OF_CONTRACTS = {
    "contract": "id",
    "terms_version": "contract_id",
    "terms_part": "contract_id",
    "signature": "contract_id",
}


async def rows(database: Database, organisation: str, statement: str, **values: Any) -> list[Any]:
    async with database.transaction(organisation) as connection:
        return list((await connection.execute(text(statement), values)).scalars())


@pytest.fixture
async def worker(urls: Urls) -> AsyncIterator[Database]:
    database = Database(urls.worker, application="tests")
    yield database
    await database.close()


@pytest.fixture
async def owner(urls: Urls) -> AsyncIterator[Database]:
    database = Database(urls.owner, application="tests")
    yield database
    await database.close()


@pytest.mark.parametrize("table", OF_CONTRACTS)
async def test_another_organisation_sees_nothing_even_without_a_filter(registry: Registry, table: str) -> None:
    contract = await active(registry)
    statement = f"select {OF_CONTRACTS[table]} from {table}"
    assert contract.id in await rows(registry.database, PROVIDER, statement)
    for organisation in (STRANGER, "", "%", "0088:9521000000018,"):
        assert contract.id not in await rows(registry.database, organisation, statement)


@pytest.mark.parametrize("table", OF_CONTRACTS)
async def test_who_has_not_said_who_it_is_sees_nothing(registry: Registry, table: str) -> None:
    await active(registry)
    async with registry.database.engine.connect() as connection:
        assert (await connection.execute(text(f"select count(*) from {table}"))).scalar_one() == 0


async def test_services_see_the_standing_of_contracts_and_nothing_of_their_terms(registry: Registry) -> None:
    contract = await active(registry)
    assert contract.id in await rows(registry.database, "service:outcomes-service", "select id from contract")
    for table in ("terms_version", "terms_part", "signature"):
        statement = f"select contract_id from {table}"
        assert await rows(registry.database, "service:outcomes-service", statement) == []


async def test_a_part_is_not_seen_by_the_roles_that_it_does_not_name(registry: Registry) -> None:
    document = an_agreement()
    document["payment"]["readableBy"] = ["payer", "investor"]
    contract = await drafted(registry, document)
    statement = "select name from terms_part where contract_id = :id"
    for organisation, names in ((PAYER, ["outcomes", "payment"]), (INVESTOR, ["outcomes", "payment"])):
        assert sorted(await rows(registry.database, organisation, statement, id=contract.id)) == names
    assert await rows(registry.database, EVALUATOR, statement, id=contract.id) == ["outcomes"]


async def test_who_comes_in_with_an_amendment_sees_no_earlier_terms(registry: Registry) -> None:
    contract = await amending(registry, await active(registry), another_evaluator())
    await sign(registry, contract, PAYER)
    for table in ("terms_version", "terms_part", "signature"):
        statement = f"select distinct version from {table} where contract_id = :id"
        assert await rows(registry.database, STRANGER, statement, id=contract.id) == [2]


async def test_who_left_sees_no_later_terms(registry: Registry) -> None:
    contract = await amended(registry, await active(registry), another_evaluator())
    await amended(registry, contract, another_evaluator())
    for table in ("terms_version", "terms_part", "signature"):
        statement = f"select distinct version from {table} where contract_id = :id order by version"
        assert await rows(registry.database, EVALUATOR, statement, id=contract.id) == [1, 2]
        assert await rows(registry.database, STRANGER, statement, id=contract.id) == [2, 3]


async def test_only_one_version_is_under_way(registry: Registry) -> None:
    contract = await amending(registry, await active(registry), an_amendment())
    another = (
        "insert into terms_version select contract_id, 3, 'draft', root, root_document, effective_from, party_ids, "
        "recorded_at from terms_version where contract_id = :id and version = 2 returning 1"
    )
    with pytest.raises(DBAPIError, match="terms_version_under_way"):
        await rows(registry.database, PAYER, another, id=contract.id)


@pytest.mark.parametrize("state", ["draft", "signed", "replaced"])
async def test_what_is_in_effect_stays_so(registry: Registry, state: str) -> None:
    contract = await active(registry)
    statement = "update terms_version set state = :state where contract_id = :id returning 1"
    with pytest.raises(DBAPIError, match="rows here are only ever added"):
        await rows(registry.database, PAYER, statement, id=contract.id, state=state)


async def test_who_was_a_party_is_not_shut_out(registry: Registry) -> None:
    contract = await active(registry)
    statement = "update contract set party_ids = array[:me, :other] where id = :id returning 1"
    with pytest.raises(DBAPIError, match="contract_check"):
        await rows(registry.database, PAYER, statement, id=contract.id, me=PAYER, other=STRANGER)


async def test_nobody_changes_the_contract_of_others(registry: Registry) -> None:
    contract = await proposed(registry)
    statement = "update contract set state = 'signed' where id = :id returning id"
    assert await rows(registry.database, STRANGER, statement, id=contract.id) == []


async def test_nobody_signs_for_another(registry: Registry) -> None:
    contract = await proposed(registry)
    statement = (
        "insert into signature (contract_id, version, organisation_id, root, issuer, subject, actor, signed_at) "
        "values (:id, 1, :signer, :root, 'i', 's', 'person', now()) returning version"
    )
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(
            registry.database, PAYER, statement, id=contract.id, signer=INVESTOR, root=contract.newest.terms.root
        )


async def test_nobody_puts_terms_under_the_contract_of_others(registry: Registry) -> None:
    contract = await drafted(registry)
    statement = (
        "insert into terms_part (contract_id, version, name, content, salt, sha256, reader_ids) "
        "values (:id, 1, 'investment', '', sha256('')::bytea, '', '{}') returning 1"
    )
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(registry.database, STRANGER, statement, id=contract.id)


async def test_nobody_writes_the_entry_of_another_organisation(registry: Registry) -> None:
    statement = "update organisation set name = 'Mine' where id = :id returning id"
    assert await rows(registry.database, PAYER, statement, id=STRANGER) == []
    insert = "insert into organisation values (:id, 'Theirs', '[]', 1, now()) returning id"
    with pytest.raises(ProgrammingError, match="row-level security"):
        await rows(registry.database, PAYER, insert, id="0184:12345674")


NEVER = [
    "update fact set type = 'x'",
    "delete from fact",
    "truncate fact",
    "delete from audit",
    "update audit set outcome = 'done'",
    "update terms_version set root = root",
    "update terms_version set root_document = root_document",
    "delete from terms_version",
    "update terms_part set content = content",
    "delete from terms_part",
    "truncate terms_part",
    "update signature set root = root",
    "delete from signature",
    "update contract set title = 'Other'",
    "delete from contract",
    "delete from organisation",
]


@pytest.mark.parametrize("statement", NEVER)
async def test_the_serving_role_may_not_change_what_only_grows(registry: Registry, statement: str) -> None:
    contract = await proposed(registry)
    await sign(registry, contract, INVESTOR)
    async with registry.database.engine.connect() as connection:
        await connection.execute(text("select set_config('app.org', :organisation, true)"), {"organisation": PAYER})
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text(statement))


@pytest.mark.parametrize("statement", NEVER)
async def test_whoever_tries_is_told_loudly_that_rows_are_only_ever_added(owner: Database, statement: str) -> None:
    async with owner.engine.connect() as connection:
        with pytest.raises(DBAPIError, match=r"is refused: rows here are only ever added|cannot truncate"):
            await connection.execute(text(statement))


@pytest.mark.parametrize("table", [*OF_CONTRACTS, "organisation"])
async def test_the_background_process_has_no_business_in_the_registry(worker: Database, table: str) -> None:
    async with worker.engine.connect() as connection:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text(f"select * from {table}"))


async def test_nobody_who_serves_is_above_the_policies(urls: Urls) -> None:
    roles = await as_admin(urls, "select * from pg_roles where rolname like 'contracts\\_%'")
    assert {role["rolname"] for role in roles} == {"contracts_owner", "contracts_app", "contracts_worker"}
    assert not any(role["rolsuper"] or role["rolbypassrls"] or role["rolcreaterole"] for role in roles)
    owned = await as_admin(
        urls, "select tableowner from pg_tables where schemaname = 'public' and tableowner <> 'contracts_owner'"
    )
    assert owned == []


async def test_bytes_that_do_not_have_their_hash_are_not_kept(registry: Registry) -> None:
    contract = await drafted(registry)
    copied = (
        "insert into terms_part select contract_id, version, 'investment', content, salt, repeat('0', 64), reader_ids "
        "from terms_part where contract_id = :id and name = 'payment' returning 1"
    )
    with pytest.raises(DBAPIError, match="terms_part_check"):
        await rows(registry.database, PAYER, copied, id=contract.id)
