"""Deploy: the bus of a suite: a database of its own, or Apache Kafka; and its topics, from `topics.yaml`."""

import signal

from deploy.kafka import Kafka, KafkaNotStarted, answers, create_topics
from deploy.launcher.programs import HOST, KAFKA, KAFKA_CONTROLLER, Plan, inherited
from deploy.launcher.supervisor import NotStarted, Program
from deploy.topics import partitions_by_topic, read_topics
from services.kit.bus.embedded import PartitionsAreFixed, create_tables
from services.kit.database.provisioning import provision
from services.kit.local.child import tied_to_us

DATABASE = "bus"


def kafka(plan: Plan) -> Program:
    """The broker."""
    ports = plan.ports.of
    broker = Kafka(plan.folder.path / "kafka", ports[KAFKA], ports[KAFKA_CONTROLLER])

    def prepare() -> list[str]:
        try:
            return tied_to_us(broker.prepare())
        except KafkaNotStarted as fault:
            raise NotStarted(str(fault)) from fault

    async def is_ready(_: int) -> bool:
        return await answers(HOST, ports[KAFKA])

    return Program(
        name="kafka",
        prepare=prepare,
        environment=inherited(),
        is_ready=is_ready,
        ends_by=signal.SIGTERM,
        ends_within_seconds=20,
    )


async def make_topics(plan: Plan) -> None:
    """The topics, on the bus that the suite has; may be run again. Errors: `NotStarted` when one stands with another
    number of partitions."""
    topics = read_topics()
    try:
        if plan.bus == "kafka":
            await create_topics(plan.bootstrap, topics)
        else:
            await provision(plan.postgres.url("postgres"), DATABASE)
            await create_tables(plan.postgres.url(DATABASE, "bus_owner"), partitions_by_topic(topics))
    except (PartitionsAreFixed, KafkaNotStarted) as fault:
        raise NotStarted(str(fault)) from fault
