"""Domain: what a claim is about, as its metric wants it: a participant, a cohort or a site."""

import re

from outcomes_service.domain.contract import Metric
from services.core.errors import FieldError, Invalid
from services.core.terms.outcomes import SubjectKind

_SITE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9._-]{1,64}", re.ASCII)
_FIELDS: dict[SubjectKind, str] = {"participant": "participantKey", "cohort": "cohort", "site": "site"}


class SubjectNotFitting(Invalid):
    """Not the one kind of subject that the metric is about."""

    code = "subject-not-fitting"
    title = "This metric is about something else"


class SiteNotValid(Invalid):
    """Not in the form of the code of a site."""

    code = "site-not-valid"
    title = "This cannot be the code of a site"


def check_subject(metric: Metric, participant_key: str | None, cohort: str | None, site: str | None) -> None:
    """Errors: `subject-not-fitting` unless just that is named which the metric is about."""
    kind = metric.subject
    if (
        (participant_key is None) is (kind == "participant")
        or (cohort is None) is (kind == "cohort")
        or (site is None) is (kind == "site")
    ):
        raise _not_fitting(kind, {"participant": participant_key, "cohort": cohort, "site": site})


def check_site(text: str) -> str:
    """The same text: the reporter's code of a village, a school. Errors: `site-not-valid`."""
    if not _SITE.fullmatch(text):
        allowed = "1 to 64 of A-Z a-z 0-9 . _ -, at least one of them a letter."
        raise SiteNotValid(errors=[FieldError("/site", SiteNotValid.code, allowed)])
    return text


def _not_fitting(kind: SubjectKind, codes: dict[SubjectKind, str | None]) -> SubjectNotFitting:
    allowed = f"Claims on this metric name {_FIELDS[kind]}, and nothing else that they are about."
    wrong = [other for other, code in codes.items() if (code is None) is (other == kind)]
    return SubjectNotFitting(
        errors=[FieldError(f"/{_FIELDS[other]}", SubjectNotFitting.code, allowed) for other in wrong]
    )
