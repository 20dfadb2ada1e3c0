"""Deploy: writes the document that the gateway serves as /v1/openapi.json, merged from those of the services.

`python -m deploy.snapshots` writes it; with `--check` the exit code alone is whether it is up to date.
"""

import argparse
import json
import sys
from pathlib import Path

import contracts_service.app
import gateway
import outcomes_service.app
import settlement_service.app
from gateway.api.openapi import merge
from gateway.policy import OPERATIONS
from services.kit.app import openapi_of

SERVICES = (contracts_service.app.ABOUT, outcomes_service.app.ABOUT, settlement_service.app.ABOUT)
OPENAPI = Path(gateway.__file__).with_name("openapi.json")


def openapi() -> str:
    """The text of gateway/src/gateway/openapi.json. Errors: NotAsDeclared when table and services do not agree."""
    documents = {about.service: openapi_of(about) for about in SERVICES}
    return json.dumps(merge(documents, OPERATIONS), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Writes the file. With `--check`: 1 when the file is not up to date, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    document = openapi()
    if parser.parse_args().check:
        return int(OPENAPI.read_text() != document)
    OPENAPI.write_text(document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
