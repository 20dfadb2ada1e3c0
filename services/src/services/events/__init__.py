"""Events: what services say to each other, one module per producing service, and CATALOGUE."""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from services.events import contracts, outcomes, settlements
from services.events.envelope import Declaration


def _declared(*modules: ModuleType) -> Mapping[str, Declaration]:
    declarations = [getattr(member, "declaration", None) for module in modules for member in vars(module).values()]
    return MappingProxyType({row.type: row for row in declarations if isinstance(row, Declaration)})


CATALOGUE: Mapping[str, Declaration] = _declared(contracts, outcomes, settlements)
"""Every fact that travels, by its type."""
