"""Tests: the root over a long log, from roots that are kept as its parts become complete."""

from services.kit.database.transaction import Transaction
from services.kit.process import clock
from services.kit.process.caller import service_caller
from settlement_service.domain.facts.hashes import CHUNK, inputs_hash
from settlement_service.storage import contracts, inputs
from settlement_service.storage.inputs import NewInput

from ..conftest import Settling

ROOT = "ab" * 32


async def test_the_root_is_that_of_the_whole_log_however_it_grew(settling: Settling) -> None:
    contract_id, length = clock.new_id(), 0
    caller = service_caller("settlement-service")
    for more in (10, CHUNK - 11, 1, 2 * CHUNK + 5, CHUNK - 6, 1):
        async with settling.worker.transaction(caller.organisation) as connection:
            tx = Transaction(connection, caller, clock.now(), clock.random_id())
            await contracts.lock_or_add(tx, contract_id)
            new = [NewInput("urn:tests", length + n, "a", "terms", b"{}") for n in range(1, more + 1)]
            await inputs.append(tx, contract_id, new)
            await inputs.keep_roots_between(tx, contract_id, length + 1, length + more)
            length += more
            tree = await inputs.tree_of_all(tx, contract_id, ROOT)
            leaves = await inputs.leaves(tx, contract_id)
        assert tree.inputs == len(leaves) == length
        assert tree.root.hex() == inputs_hash(ROOT, leaves)
