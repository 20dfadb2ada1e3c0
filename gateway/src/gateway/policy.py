"""Policy: the one table of who may ask for what. What stands in no row is not served."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.core.ids import ORGANISATION_ID_PATTERN

CONTRACTS, OUTCOMES, SETTLEMENT = "contracts-service", "outcomes-service", "settlement-service"

MIB = 1024 * 1024
ORDINARY_LIMIT = MIB
TERMS_LIMIT = 512 * 1024
BULK_LIMIT = 1024 * MIB

Body = Literal["ordinary", "terms", "bulk"]

GRAMMAR: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.ASCII)
    for name, pattern in {
        "id": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "organisation": ORGANISATION_ID_PATTERN,
        "version": r"[1-9][0-9]{0,8}",
        "n": r"[1-9][0-9]{0,8}",
        "part": r"[a-z]{1,20}",
        "occurrence": r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
    }.items()
}
"""What a path parameter looks like. Another spelling is an address that does not exist (404)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One row: any one of `permissions` opens it, and `service` answers it. A `bulk` body may be NDJSON or CSV and
    is streamed; everything else is read whole and is small."""

    name: str
    method: str
    path: str
    permissions: tuple[str, ...]
    service: str
    body: Body = "ordinary"


def _rows(service: str, *rows: tuple[str, str, str, str] | tuple[str, str, str, str, Body]) -> list[Operation]:
    """Rows of (name, method, path under /v1, permissions separated by a space, kind of body)."""
    return [
        Operation(name, method, "/v1" + path, tuple(permissions.split()), service, *body)
        for name, method, path, permissions, *body in rows
    ]


OPERATIONS: tuple[Operation, ...] = (
    *_rows(
        CONTRACTS,
        ("list_organisations", "GET", "/organisations", "read"),
        ("register_organisation", "POST", "/organisations", "sign"),
        ("get_organisation", "GET", "/organisations/{organisation}", "read"),
        ("change_organisation", "PUT", "/organisations/{organisation}", "sign"),
        ("list_contracts", "GET", "/contracts", "read"),
        ("draft_contract", "POST", "/contracts", "draft", "terms"),
        ("get_contract", "GET", "/contracts/{id}", "read"),
        ("list_terms", "GET", "/contracts/{id}/terms", "read"),
        ("draft_terms", "POST", "/contracts/{id}/terms", "draft", "terms"),
        ("get_terms", "GET", "/contracts/{id}/terms/{version}", "read"),
        ("get_terms_part", "GET", "/contracts/{id}/terms/{version}/parts/{part}", "read"),
        ("propose_terms", "POST", "/contracts/{id}/proposal", "draft"),
        ("list_signatures", "GET", "/contracts/{id}/signatures", "read"),
        ("sign_contract", "POST", "/contracts/{id}/signatures", "sign"),
        ("activate_contract", "POST", "/contracts/{id}/activation", "draft"),
        ("suspend_contract", "POST", "/contracts/{id}/suspension", "draft"),
        ("resume_contract", "POST", "/contracts/{id}/resumption", "draft"),
        ("complete_contract", "POST", "/contracts/{id}/completion", "draft"),
        ("terminate_contract", "POST", "/contracts/{id}/termination", "draft"),
    ),
    *_rows(
        OUTCOMES,
        ("list_cohorts", "GET", "/contracts/{id}/cohorts", "read"),
        ("list_participants", "GET", "/contracts/{id}/participants", "read"),
        ("enrol_participants", "POST", "/contracts/{id}/participants", "enrol", "bulk"),
        ("record_departures", "POST", "/contracts/{id}/participants/departures", "enrol", "bulk"),
        ("list_claims", "GET", "/contracts/{id}/claims", "read"),
        ("report_claims", "POST", "/contracts/{id}/claims", "report", "bulk"),
        ("verify_claims", "POST", "/contracts/{id}/verifications", "verify", "bulk"),
        ("get_claim", "GET", "/claims/{id}", "read"),
        ("verify_claim", "POST", "/claims/{id}/verification", "verify"),
        ("dispute_claim", "POST", "/claims/{id}/dispute", "report verify approve"),
        ("decide_dispute", "POST", "/claims/{id}/dispute/decision", "verify"),
        ("withdraw_claim", "POST", "/claims/{id}/withdrawal", "report"),
        ("correct_claim", "POST", "/claims/{id}/correction", "report"),
    ),
    *_rows(
        SETTLEMENT,
        ("list_contract_settlements", "GET", "/contracts/{id}/settlements", "read"),
        ("prepare_settlement", "POST", "/contracts/{id}/settlements", "prepare"),
        ("get_position", "GET", "/contracts/{id}/position", "read"),
        ("simulate_contract", "POST", "/contracts/{id}/simulations", "read"),
        ("list_settlements", "GET", "/settlements", "read"),
        ("get_settlement", "GET", "/settlements/{id}", "read"),
        ("list_lines", "GET", "/settlements/{id}/lines", "read"),
        ("list_items", "GET", "/settlements/{id}/lines/{n}/items", "read"),
        ("explain_item", "GET", "/settlements/{id}/lines/{n}/items/{id}/{occurrence}/explanation", "read"),
        ("get_inputs", "GET", "/settlements/{id}/inputs", "read"),
        ("approve_settlement", "POST", "/settlements/{id}/approvals", "approve"),
        ("cancel_settlement", "POST", "/settlements/{id}/cancellation", "prepare"),
        ("confirm_payment", "POST", "/settlements/{id}/payments", "confirm"),
        ("list_ledger_entries", "GET", "/ledger/entries", "read"),
    ),
)


@dataclass(slots=True)
class _Step:
    """One segment of all paths that begin alike."""

    literal: dict[str, "_Step"] = field(default_factory=dict)
    parameter: tuple[re.Pattern[str], "_Step"] | None = None
    operations: dict[str, Operation] = field(default_factory=dict)


class Routes:
    """The table, made ready to be looked up by path and method."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Step()
        for operation in operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        step = self._root
        for segment in operation.path.split("/"):
            if not segment.startswith("{"):
                step = step.literal.setdefault(segment, _Step())
                continue
            grammar = GRAMMAR[segment[1:-1]]
            if step.parameter is None:
                step.parameter = (grammar, _Step())
            if step.parameter[0] is not grammar:
                raise ValueError(f"two grammars for one place: {operation.path}")
            step = step.parameter[1]
        if operation.method in step.operations:
            raise ValueError(f"two rows for {operation.method} {operation.path}")
        step.operations[operation.method] = operation

    def at(self, path: str) -> Mapping[str, Operation]:
        """The operations at a path, by method; none when there is no such address."""
        step = self._root
        for segment in path.split("/"):
            child = step.literal.get(segment)
            if child is None:
                if step.parameter is None or step.parameter[0].fullmatch(segment) is None:
                    return {}
                child = step.parameter[1]
            step = child
        return step.operations
