"""Tests: what must stand in two places stands in both: routes and policy, facts and topics, errors and their page."""

import importlib
import re
import subprocess
import sys

import pytest

from deploy.topics import read_topics
from gateway.policy import OPERATIONS
from services.events import CATALOGUE
from services.kit.doors.queries import KnownQueryRoute

from .source import REPOSITORY, SERVICES, listed

INTERNAL = "/internal/"
PARAMETER = re.compile(r"\{[^}]*\}")


def _served(service: str) -> set[tuple[str, str]]:
    """Method and path of every route of the service's routers, also of those that no document names."""
    about = importlib.import_module(f"{service.replace('-', '_')}.app").ABOUT
    routes = [route for router in about.routers for route in router.routes]
    assert routes
    assert all(isinstance(route, KnownQueryRoute) for route in routes), "a query is refused, or looked at"
    return {
        (method, PARAMETER.sub("{}", route.path))
        for route in routes
        if not route.path.startswith(INTERNAL)
        for method in route.methods
    }


def _declared(service: str) -> set[tuple[str, str]]:
    return {(row.method, PARAMETER.sub("{}", row.path)) for row in OPERATIONS if row.service == service}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_a_policy_and_every_policy_a_route(service: str) -> None:
    """Made by the first form of this test, which asked the documented application and so passed over the routes that no
    document names. A route without a policy is one that nobody can reach, or that everybody may."""
    served, declared = _served(service), _declared(service)
    assert served == declared, listed(
        [f"served without a policy: {method} {path}" for method, path in sorted(served - declared)]
        + [f"a policy for nothing: {method} {path}" for method, path in sorted(declared - served)]
    )


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_for_services_only_stands_in_no_policy(service: str) -> None:
    """Kept from the start, against a policy on `/internal/facts`: services ask there for all facts of a contract, and
    it would hand every party's out through the front door."""
    assert not [row for row in OPERATIONS if row.path.startswith(INTERNAL)]


def test_every_topic_of_the_catalogue_is_declared_and_used() -> None:
    """Kept from the start, against facts that stay in the outbox for ever: topics are not made by who writes to
    them."""
    assert {row.topic for row in CATALOGUE.values()} == {topic.name for topic in read_topics("local")}


def test_topics_have_as_many_partitions_everywhere_and_keep_everything() -> None:
    """Kept from the start, against an order that is lost, as another number of partitions puts later facts of a
    contract elsewhere than its earlier ones; and against a topic that forgets, from which no copy can be rebuilt."""
    local, production = read_topics("local"), read_topics("production")
    assert [(topic.name, topic.partitions) for topic in local] == [(t.name, t.partitions) for t in production]
    for topic in production:
        assert topic.replication == 3
        assert topic.config["min.insync.replicas"] == "2"
    for topic in (*local, *production):
        assert (topic.config["cleanup.policy"], topic.config["retention.ms"]) == ("delete", "-1")


def test_every_fact_is_said_by_one_service_on_its_own_topic() -> None:
    """Kept from the start, against a consumer that takes a gap for what is only late: no order holds across sources, so
    two on one topic, or one on two, look like it."""
    of_source: dict[str, set[str]] = {}
    for row in CATALOGUE.values():
        assert re.fullmatch(r"eu\.enzym\.[a-z]+\.[a-z_]+\.v[1-9]", row.type)
        of_source.setdefault(row.source, set()).add(row.topic)
    assert all(len(topics) == 1 for topics in of_source.values())


@pytest.mark.parametrize(("page", "function"), [("errors.md", "errors_page"), ("events.md", "events_page")])
def test_the_reference_pages_say_what_the_code_says(page: str, function: str) -> None:
    """Made by `internal-error`, which was answered and stood on no page. Asked of a process of its own: where two
    services refuse under one code, the first to be imported is shown."""
    asking = f"import sys; from deploy import reference; sys.stdout.write(reference.{function}())"
    told = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, check=True).stdout
    assert (REPOSITORY / "docs" / page).read_text() == told, "`make snapshots` writes this page anew"
