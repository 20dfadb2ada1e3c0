import asyncio
import json
from functools import partial

import pytest

from contracts_service.domain.organisation import OrganisationAlreadyRegistered, OrganisationNotYours
from contracts_service.usecases.change_organisation import change_organisation
from contracts_service.usecases.get_organisation import get_organisation
from contracts_service.usecases.list_organisations import list_organisations
from contracts_service.usecases.register_organisation import register_organisation
from services.core.errors import NotFound, StaleVersion
from services.events.contracts import Unit
from services.kit.testing import Urls, as_admin

from ..builders import STRANGER, an_organisation_id
from ..conftest import Registry

WORK = Unit(gln="9521000000056", name="Employment department")


async def test_an_organisation_registers_changes_and_tells_both(registry: Registry, urls: Urls) -> None:
    me = an_organisation_id(1)
    entry = await registry.as_(me, lambda tx: register_organisation(tx, me, "First", (WORK,)))
    changed = await registry.as_(me, lambda tx: change_organisation(tx, me, "Second", (), entry.revision))
    assert await registry.as_(STRANGER, lambda tx: get_organisation(tx, me)) == changed
    rows = await as_admin(urls, "select * from fact where aggregate = $1 order by id", me)
    assert [(row["sequence"], row["type"].split(".")[3]) for row in rows] == [(1, "registered"), (2, "changed")]
    assert [json.loads(row["body"]) for row in rows] == [
        {"organisationId": me, "name": "First", "units": [{"gln": WORK.gln, "name": WORK.name}]},
        {"organisationId": me, "name": "Second", "units": []},
    ]


async def test_an_organisation_registers_once_also_when_it_tries_twice_at_once(registry: Registry, urls: Urls) -> None:
    me = an_organisation_id(2)
    answers = await asyncio.gather(
        *(registry.as_(me, lambda tx: register_organisation(tx, me, "Me", ())) for _ in range(2)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, OrganisationAlreadyRegistered) for answer in answers) == 1
    assert len(await as_admin(urls, "select 1 from fact where aggregate = $1", me)) == 1


async def test_nobody_changes_another_organisation(registry: Registry) -> None:
    with pytest.raises(OrganisationNotYours):
        await registry.as_(an_organisation_id(3), lambda tx: change_organisation(tx, STRANGER, "Mine", (), 1))


async def test_who_is_not_registered_has_nothing_to_change(registry: Registry) -> None:
    me = an_organisation_id(4)
    with pytest.raises(NotFound):
        await registry.as_(me, lambda tx: change_organisation(tx, me, "Me", (), 1))


async def test_a_change_of_an_older_reading_is_stale(registry: Registry) -> None:
    me = an_organisation_id(5)
    await registry.as_(me, lambda tx: register_organisation(tx, me, "Me", ()))
    with pytest.raises(StaleVersion):
        await registry.as_(me, lambda tx: change_organisation(tx, me, "Me", (), 2))


async def test_the_directory_is_read_page_by_page_by_everybody(registry: Registry) -> None:
    ids = sorted(an_organisation_id(number) for number in (6, 7, 8))
    for me in ids:
        await registry.as_(me, partial(register_organisation, organisation_id=me, name="Me", units=()))
    page = await registry.as_(STRANGER, lambda tx: list_organisations(tx, ids[0], 2))
    assert [entry.id for entry in page] == ids[1:]
