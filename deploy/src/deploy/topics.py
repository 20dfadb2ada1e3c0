"""Deploy: the topics of the bus, as `topics.yaml` declares them for one environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

TOPICS_FILE = Path(__file__).parents[2] / "topics.yaml"

Environment = Literal["local", "production"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: how many partitions (for ever), on how many brokers, and its settings as Kafka names them."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


def read_topics(environment: Environment = "local", file: Path = TOPICS_FILE) -> tuple[Topic, ...]:
    """Every topic, with the replication of `environment`."""
    declared = yaml.safe_load(file.read_text())
    cluster = declared["environments"][environment]
    return tuple(
        Topic(
            name=row["name"],
            partitions=row["partitions"],
            replication=cluster["replication"],
            config={**row["config"], **cluster["config"]},
        )
        for row in declared["topics"]
    )


def partitions_by_topic(topics: tuple[Topic, ...]) -> dict[str, int]:
    """How many partitions each topic has: all that the embedded bus needs to know of it."""
    return {topic.name: topic.partitions for topic in topics}
