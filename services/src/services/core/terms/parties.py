"""Core: who takes part in a contract, in which role."""

from typing import Literal, TypeAlias

from services.core.values import value

Role: TypeAlias = Literal["payer", "investor", "provider", "evaluator", "guarantor", "intermediary"]

NEVER_AT_CLAIMS: tuple[Role, ...] = ("investor", "guarantor")
"""Roles that never see participant-level claims (domain.md, section 6): they cannot report or decide them."""


@value
class Party:
    """An organisation in one role of one contract."""

    organisation_id: str
    role: Role
