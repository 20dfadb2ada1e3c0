import pytest

from contracts_service.domain.organisation import (
    OrganisationNotYours,
    UnitsNotValid,
    change,
    register,
)
from services.core.ids import OrganisationIdNotValid
from services.events.contracts import OrganisationChanged, OrganisationRegistered, Unit

from ..builders import NOW, PAYER, PROVIDER

WORK = Unit(gln="9521000000056", name="Employment department")


def test_an_organisation_enters_the_directory_and_says_so() -> None:
    entry, facts = register(PAYER, "Example Municipality", (WORK,), PAYER, NOW)
    assert (entry.revision, entry.registered_at) == (1, NOW)
    assert facts == OrganisationRegistered(organisation_id=PAYER, name="Example Municipality", units=(WORK,))


def test_nobody_registers_another_organisation() -> None:
    with pytest.raises(OrganisationNotYours):
        register(PAYER, "Example Municipality", (), PROVIDER, NOW)


@pytest.mark.parametrize("id_", ["0088:9521000000019", "0237:2110625629", "9999:1", "0184:1234567", "12345674", ""])
def test_an_id_of_no_scheme_is_refused_at_its_field(id_: str) -> None:
    with pytest.raises(OrganisationIdNotValid) as refusal:
        register(id_, "Example Municipality", (), id_, NOW)
    assert [fault.pointer for fault in refusal.value.errors] == ["/id"]


def test_a_change_replaces_name_and_units() -> None:
    entry, _ = register(PAYER, "Example Municipality", (WORK,), PAYER, NOW)
    changed, facts = change(entry, "New Municipality", ())
    assert (changed.name, changed.units, changed.revision, changed.registered_at) == ("New Municipality", (), 2, NOW)
    assert facts == OrganisationChanged(organisation_id=PAYER, name="New Municipality", units=())


@pytest.mark.parametrize(
    ("glns", "pointer", "code"),
    [
        (["9521000000057"], "/units/0/gln", "gln-not-valid"),
        (["9521000000056", "952"], "/units/1/gln", "gln-not-valid"),
        (["9521000000056", "9521000000056"], "/units/1/gln", "stands-twice"),
    ],
)
def test_units_are_told_apart_by_valid_glns(glns: list[str], pointer: str, code: str) -> None:
    with pytest.raises(UnitsNotValid) as refusal:
        register(PAYER, "Example Municipality", tuple(Unit(gln=gln, name="x") for gln in glns), PAYER, NOW)
    assert [(fault.pointer, fault.code) for fault in refusal.value.errors] == [(pointer, code)]
