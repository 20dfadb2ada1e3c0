"""Benchmarks: `python -m tests.benchmarks [row ...]`, from the repository's root; all rows when none is named."""

import sys

from tests.benchmarks.harness import Missing, rows, run


def main(names: list[str]) -> int:
    """Prints one line a row. 1 when a reference is missing, 2 when there is no such row."""
    wanted = [name.replace("_", "-") for name in names] or list(rows())
    unknown = set(wanted) - set(rows())
    if unknown:
        print(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(rows())}", file=sys.stderr)
        return 2
    status = 0
    for name in wanted:
        try:
            print(run(name).line(), flush=True)
        except Missing as error:
            print(f"bench {name} cannot run: {error}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
