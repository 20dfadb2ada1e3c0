"""Tests: `python -m tests.compatibility` writes the snapshots anew; it refuses what would break somebody.

With `--bytes` it keeps the bytes that are signed, hashed or told outside, and nothing else: what is new is added, what
is other than it was is refused.
"""

import argparse
import json
import sys

from .hashed import BYTES, now
from .sections import SNAPSHOTS, other_than, read, write
from .snapshots import promised, text_of

MOST_TOLD = 100


def main() -> int:
    """Returns 1, and writes nothing, when something would break and `--breaking` was not said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--breaking", action="store_true", help="a new major version, or nobody uses it yet")
    parser.add_argument("--bytes", action="store_true", help="what is signed, hashed or told: add what is new")
    arguments = parser.parse_args()
    return keep_bytes(arguments.breaking) if arguments.bytes else keep_promised(arguments.breaking)


def keep_promised(is_allowed: bool) -> int:
    """The interfaces and the events, as docs/api describes them."""
    rows = list(promised())
    faults = [
        f"{file.name}: {finding}"
        for file, document, breaking in rows
        if file.exists()
        for finding in breaking(json.loads(file.read_text()), document)
    ]
    if faults and not is_allowed:
        return _refuse("This would break somebody; nothing was written:", faults)
    for file, document, _ in rows:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(document))
    return 0


def keep_bytes(is_allowed: bool) -> int:
    """The bytes themselves. They are new bytes of new things, or it is a mistake."""
    files = {SNAPSHOTS / f"{name}.txt": now(name) for name in BYTES}
    faults = [f"{file.name}: {fault}" for file, sections in files.items() for fault in other_than(read(file), sections)]
    if faults and not is_allowed:
        return _refuse("These bytes are signed, hashed or told, and may never change; nothing was written:", faults)
    for file, sections in files.items():
        write(file, sections)
    return 0


def _refuse(why: str, faults: list[str]) -> int:
    more = [f"and {len(faults) - MOST_TOLD} more"] if len(faults) > MOST_TOLD else []
    sys.stderr.write("\n  ".join([why, *faults[:MOST_TOLD], *more]) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
