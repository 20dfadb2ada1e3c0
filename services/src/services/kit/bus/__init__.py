"""Kit: the bus, which carries facts between services: one interface, and the choice between its two kinds."""

from services.kit.bus.embedded import EmbeddedBus
from services.kit.bus.interface import Bus, BusUnavailable, Consumer, OnRevoked, Outgoing, Partition, Producer, Record
from services.kit.bus.kafka import KafkaBus
from services.kit.process.settings import BusSettings

__all__ = [
    "Bus",
    "BusUnavailable",
    "Consumer",
    "OnRevoked",
    "Outgoing",
    "Partition",
    "Producer",
    "Record",
    "open_bus",
]


def open_bus(settings: BusSettings) -> Bus:
    """The bus that the environment names. Nothing is connected until a producer or consumer is used."""
    if settings.bus == "embedded":
        return EmbeddedBus(settings.bus_database_url)
    return KafkaBus(settings.kafka_bootstrap)
