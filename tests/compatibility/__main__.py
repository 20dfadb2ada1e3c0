"""Tests: `python -m tests.compatibility` writes the snapshots anew; it refuses what would break somebody."""

import argparse
import json
import sys

from tests.compatibility.snapshots import promised, text_of


def main() -> int:
    """Returns 1, and writes nothing, when something would break and `--breaking` was not said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--breaking", action="store_true", help="a new major version, or nobody uses it yet")
    is_allowed = parser.parse_args().breaking
    rows = list(promised())
    faults = [
        f"{file.name}: {finding}"
        for file, document, breaking in rows
        if file.exists()
        for finding in breaking(json.loads(file.read_text()), document)
    ]
    if faults and not is_allowed:
        sys.stderr.write("\n  ".join(["This would break somebody; nothing was written:", *faults]) + "\n")
        return 1
    for file, document, _ in rows:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
