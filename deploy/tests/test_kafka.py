"""The real broker: its topics, and what is said when it cannot run here."""

from pathlib import Path

import pytest

from deploy import kafka as kafka_module
from deploy.kafka import Kafka, KafkaNotStarted, answers, create_topics, fetch_jars, find_java, free_ports
from deploy.topics import partitions_by_topic, read_topics
from services.events import CATALOGUE


def test_every_topic_of_the_catalogue_is_declared_and_kept_for_ever() -> None:
    topics = {topic.name: topic for topic in read_topics()}
    assert {declaration.topic for declaration in CATALOGUE.values()} == set(topics)
    for topic in topics.values():
        assert (topic.config["cleanup.policy"], topic.config["retention.ms"]) == ("delete", "-1")


def test_production_keeps_three_copies_and_writes_to_two() -> None:
    for topic in read_topics("production"):
        assert (topic.replication, topic.config["min.insync.replicas"]) == (3, "2")
    assert partitions_by_topic(read_topics("production")) == partitions_by_topic(read_topics("local"))


async def test_topics_may_be_created_again_but_never_with_other_partitions(kafka: Kafka) -> None:
    await create_topics(kafka.bootstrap, read_topics())
    [first, *_] = read_topics()
    other = type(first)(first.name, first.partitions + 1, first.replication, first.config)
    with pytest.raises(KafkaNotStarted, match="for ever"):
        await create_topics(kafka.bootstrap, [other])


async def test_a_port_that_is_not_a_broker_does_not_answer(kafka: Kafka) -> None:
    assert await answers("127.0.0.1", kafka.port)
    [port] = free_ports(1)
    assert not await answers("127.0.0.1", port)


def a_program(folder: Path, name: str, says: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    program.chmod(0o755)


def test_without_java_the_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KafkaNotStarted, match="default-jre-headless"):
        find_java()


@pytest.mark.parametrize("says", ['openjdk version "11.0.2" 2019-01-15', 'java version "1.8.0_292"', "what is this"])
def test_a_java_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, says: str) -> None:
    a_program(tmp_path, "java", says)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KafkaNotStarted, match="17 or newer"):
        find_java()


@pytest.mark.parametrize("says", ['openjdk version "17.0.15" 2025-04-15', 'openjdk version "25" 2025-09-16'])
def test_a_java_that_is_new_enough_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, says: str) -> None:
    a_program(tmp_path, "java", says)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_java() == str(tmp_path / "java")


def test_without_maven_the_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(kafka_module, "LIBS", tmp_path / "libs")
    with pytest.raises(KafkaNotStarted, match="package maven"):
        fetch_jars()
