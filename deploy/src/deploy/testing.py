"""Deploy: the pytest fixture `kafka`: one real broker for the whole run, with the topics of `topics.yaml`."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.kafka import Kafka, create_topics, free_ports
from deploy.topics import read_topics


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kafka]:
    """A broker on free ports in a folder of its own. A test may stop and start it, and leaves it running."""
    broker = Kafka(tmp_path_factory.mktemp("kafka"), *free_ports(2))
    await broker.start()
    await create_topics(broker.bootstrap, read_topics())
    yield broker
    broker.stop()
