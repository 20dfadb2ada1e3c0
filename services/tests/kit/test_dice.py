"""Tests: dice of a seed."""

from collections import Counter

from services.kit.process.dice import dice


def test_a_seed_gives_the_same_throws_on_every_machine() -> None:
    throw = dice(42, 0)
    assert [throw(6) for _ in range(10)] == [3, 2, 3, 2, 0, 4, 2, 3, 2, 0]
    assert throw(1 << 300) == 305873392990389438251176076580701298566679453888053328691266601216156108657331983824295378


def test_streams_and_seeds_differ() -> None:
    def first(seed: int, stream: int) -> list[int]:
        throw = dice(seed, stream)
        return [throw(1000) for _ in range(5)]

    assert len({tuple(first(*seeds)) for seeds in ((1, 0), (1, 1), (2, 0), (11, 0), (1, 10))}) == 5


def test_every_side_comes_up_about_as_often() -> None:
    throw = dice(7, 3)
    counted = Counter(throw(5) for _ in range(5000))
    assert set(counted) == set(range(5))
    assert all(850 < times < 1150 for times in counted.values())


def test_with_one_side_there_is_no_choice() -> None:
    assert dice(1, 1)(1) == 0
