"""Benchmarks: terms of two unit prices, and statements that leave behind what facts and settlements would have."""

from typing import Any

from services.events.contracts import ContractActivated
from services.events.envelope import Envelope
from services.kit.doors import shapes
from services.kit.process import clock

PAYER, PROVIDER = "0088:9521000000018", "0088:9521000000032"
RULES = {"home": "30.00", "job": "100.00"}
PER_PERSON = 10
"""Claims of one person, half of them under each rule; each of one unit, but for one person in a hundred."""
PERSON_CAP = "900.00"
"""It cuts what one person in a hundred is worth, and nothing from the others."""

CLAIMED = """
create temp table told as
select n, gen_random_uuid() as id, md5('person ' || (n / :each))::uuid as subject_id,
    (array['home', 'job'])[n % 2 + 1] as metric, (n % :each / 2 + 1)::text as occurrence,
    date '2026-01-01' + (n * 7 % 360)::int as achieved_on, case when n / :each % 100 = 7 then 2 else 1 end as units,
    lpad(to_hex((n * 2654435761) % 4294967296), 8, '0') || lpad(to_hex(n), 8, '0') as order_key
from generate_series(0, :claims - 1) n;
insert into claim (id, contract_id, metric, subject_id, occurrence, achieved_on, units, reported_by, order_key, state,
    disputed, decided_by, decided_at)
select id, ':contract', metric, subject_id, occurrence, achieved_on, units, ':provider', order_key, 'verified', false,
    array[':payer'], '2026-06-01T12:00:00Z'
from told;
insert into item (contract_id, claim_id, rule, metric, version, subject_id, occurrence, achieved_on, order_key,
    claimed_units, price_minor, units, gross_minor, decided_by, decided_at)
select ':contract', id, metric, metric, 1, subject_id, occurrence, achieved_on, order_key, units,
    case metric when 'job' then 10000 else 3000 end, units, units * case metric when 'job' then 10000 else 3000 end,
    array[':payer'], '2026-06-01T12:00:00Z'
from told;
insert into open_subject (contract_id, subject_id, position, accrued_inputs)
select ':contract', subject_id, max(2 * n + 3), 0 from told group by subject_id;
insert into input (contract_id, position, source, sequence, part, type, scope, salt, body, leaf)
select ':contract', position, ':source', position - 1, 0, 'eu.enzym.outcome.' || what || '.v1', 'metric/' || metric,
    salt, body, sha256('\\x00'::bytea || sha256(salt || body))
from (
    select 2 * n + 2 as position, 'claimed' as what, metric, uuid_send(gen_random_uuid()) as salt,
        convert_to(format('{"fact":{"achievedOn":"%s","claimId":"%s","contractId":":contract","metric":"%s",'
            '"occurrence":"%s","orderKey":"%s","reportedBy":":provider","subjectId":"%s","units":%s},"sequence":%s,'
            '"source":":source","type":"eu.enzym.outcome.claimed.v1"}', achieved_on, id, metric, occurrence, order_key,
            subject_id, units, 2 * n + 1), 'UTF8') as body
    from told
    union all
    select 2 * n + 3, 'verified', metric, uuid_send(gen_random_uuid()),
        convert_to(format('{"fact":{"claimId":"%s","contractId":":contract","decidedAt":"2026-06-01T12:00:00Z",'
            '"decidedBy":":payer"},"sequence":%s,"source":":source","type":"eu.enzym.outcome.verified.v1"}', id,
            2 * n + 2), 'UTF8')
    from told
) as said;
insert into inbox_head (source, aggregate, sequence) values (':source', ':contract', 2 * :claims);
drop table told;
"""
POSTED = """
insert into posted_item (contract_id, rule, subject_id, occurrence, price_minor, payee, claim_id, version, achieved_on,
    units, gross_minor, cut_person_minor, cut_rule_minor, cut_period_minor, cut_contract_minor, retained_minor,
    cut_payer_minor, shares)
select contract_id, rule, subject_id, occurrence, price_minor, ':payee', claim_id, version, achieved_on, units,
    gross_minor, 0, 0, 0, 0, 0, 0, jsonb_build_object(':payer', gross_minor)
from item where contract_id = ':contract';
insert into accrued_item (contract_id, rule, subject_id, occurrence, price_minor, payee, claim_id, version, achieved_on,
    order_key, claimed_units, now_units, now_gross_minor, now_cut_person_minor, now_cut_rule_minor,
    now_cut_period_minor, now_cut_contract_minor, now_retained_minor, now_cut_payer_minor, now_shares, before_units,
    before_gross_minor, before_cut_person_minor, before_cut_rule_minor, before_cut_period_minor,
    before_cut_contract_minor, before_retained_minor, before_cut_payer_minor, before_shares, measured_people,
    decided_by, decided_at, sha256, accrued_after, since)
select contract_id, rule, subject_id, occurrence, price_minor, ':payee', claim_id, version, achieved_on, order_key,
    claimed_units, units, gross_minor, 0, 0, 0, 0, 0, 0, jsonb_build_object(':payer', gross_minor), 0, 0, 0, 0, 0, 0, 0,
    0, '{}', 0, decided_by, decided_at, sha256('filled'), 0, 1
from item where contract_id = ':contract';
insert into posted_total (contract_id, rule, payee, month, payer, under_caps_minor, amount_minor)
select contract_id, rule, ':payee', to_char(achieved_on, 'YYYY-MM'), payer,
    sum(case payer when '' then gross_minor else 0 end), sum(gross_minor)
from item, (values (''), (':payer')) as payers (payer) where contract_id = ':contract' group by 1, 2, 3, 4, 5;
delete from open_subject where contract_id = ':contract';
update contract set posted_inputs = 1 where id = ':contract';
update settlement set state = 'posted', posted_at = now(), inputs = 1, content_sha256 = 'filled',
    items_sha256 = 'filled', terms_version = 1, accrued_after = 0 where id = ':settlement'
"""
"""What a settlement leaves behind that has posted everything; without the cap on a person, which costs nothing more."""


def filled(script: str, values: dict[str, str]) -> str:
    """A script with its values: they are our own."""
    for name, value in values.items():
        script = script.replace(name, value)
    return script


def envelope(fact: Any, sequence: int) -> Envelope:
    """A fact about a contract as its service says it: the `sequence`-th about this one."""
    declaration = fact.declaration
    return Envelope(
        id=clock.new_id(),
        type=declaration.type,
        source=declaration.source,
        aggregate=str(fact.contract_id),
        sequence=sequence,
        time=clock.now(),
        correlation_id=clock.random_id(),
        body=shapes.text(fact),
    )


def activation(contract_cap: str) -> ContractActivated:
    """Terms of two unit prices, with a cap on a person and one on the contract."""
    document = {
        "contractId": str(clock.new_id()),
        "title": "Bench",
        "version": 1,
        "root": "0" * 64,
        "parties": [
            {"organisationId": PAYER, "name": "Payer", "role": "payer"},
            {"organisationId": PROVIDER, "name": "Provider", "role": "provider"},
        ],
        "currency": "DKK",
        "timeZone": "Europe/Copenhagen",
        "servicePeriod": {"start": "2026-01-01", "end": "2030-01-01"},
        "outcomePeriod": {"start": "2026-01-01", "end": "2030-01-01"},
        "claimsCloseOn": "2040-01-01",
        "effectiveFrom": "2026-01-01",
        "outcomes": {"metrics": [_metric(code) for code in RULES], "cohorts": [{"code": "all", "name": "All"}]},
        "payment": {
            "rules": [_rule(code, price) for code, price in RULES.items()],
            "caps": [_cap("person", PERSON_CAP), _cap("contract", contract_cap)],
        },
    }
    return shapes.read(ContractActivated, document)


def _metric(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": code,
        "subject": "participant",
        "unit": "outcome",
        "reports": "units",
        "reportedBy": PROVIDER,
        "verifiedBy": PAYER,
        "disputesDecidedBy": "agreement",
        "maxPaymentsPerPerson": 100,
    }


def _rule(code: str, price: str) -> dict[str, Any]:
    return {
        "kind": "unit_price",
        "code": code,
        "metric": code,
        "payee": PROVIDER,
        "nature": "service",
        "vat": {"category": "outside_scope", "pricesIncludeVat": False},
        "prices": [{"price": {"amount": price, "currency": "DKK"}}],
    }


def _cap(kind: str, amount: str) -> dict[str, Any]:
    return {"kind": kind, "amount": {"amount": amount, "currency": "DKK"}, "headroom": "keep_paid"}
