from services.events import CATALOGUE
from services.kit.doors import shapes


def test_every_type_says_its_noun_its_participle_and_its_version() -> None:
    for name, declaration in CATALOGUE.items():
        prefix, enzym, noun, participle, version = name.split(".")
        assert (prefix, enzym, version) == ("eu", "enzym", "v1")
        assert noun in ("organisation", "contract", "participant", "outcome", "settlement")
        assert participle.replace("_", "").isalpha()
        assert declaration.topic.startswith("enzym.")
        assert declaration.source.startswith("urn:enzym:")


def test_no_event_carries_a_participant_key_an_external_id_or_evidence() -> None:
    for declaration in CATALOGUE.values():
        schema = str(shapes.schema(declaration.shape))
        for forbidden in ("participantKey", "externalId", "evidence'"):
            assert forbidden not in schema.replace("evidenceRequired", "")


def test_every_shape_refuses_what_it_does_not_know() -> None:
    for declaration in CATALOGUE.values():
        assert shapes.schema(declaration.shape)["additionalProperties"] is False
