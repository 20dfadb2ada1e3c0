"""Kit: many texts as one parameter of a statement."""

from collections.abc import Collection


def column(texts: Collection[str]) -> str:
    """A column of texts, one a line: `string_to_array($1, E'\\n')` in the statement, with '' as a third argument where
    an empty line is null. As an array it would cost three times as much: the driver asks each element what it is.
    Errors: ValueError for a text that holds a line feed."""
    joined = "\n".join(texts)
    if texts and joined.count("\n") != len(texts) - 1:
        raise ValueError("a text holds a line feed")
    return joined
