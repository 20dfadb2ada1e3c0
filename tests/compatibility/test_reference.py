"""Compatibility: the pages that are written from the code say what the code says (`make snapshots`)."""

from deploy.reference import DOCS, errors_page, events_page


def test_the_page_of_events_is_what_the_catalogue_says() -> None:
    assert (DOCS / "events.md").read_text() == events_page()


def test_the_page_of_errors_is_what_the_errors_say() -> None:
    assert (DOCS / "errors.md").read_text() == errors_page()
