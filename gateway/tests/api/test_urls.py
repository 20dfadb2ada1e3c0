"""Door: no personal number in an address, and none repeated or logged."""

import httpx
import pytest

from ..servers import CLAIM, CONTRACT, Service


@pytest.mark.parametrize(
    "path",
    [
        "/v1/contracts?participant=211062-5629",
        "/v1/contracts?participant=2110625629",
        "/v1/contracts?2110625629=x",
        "/v1/contracts?2110625629",
        "/v1/contracts?q=a+2110625629+b",
        "/v1/contracts?q=%32110625629",
        "/v1/contracts?q=%EF%BC%92110625629",
        "/v1/contracts?q=19880320-0016",
        "/v1/contracts?q=15108695088",
        "/v1/contracts?q=131052-308T",
        "/v1/contracts?q=120174-3399",
        "/v1/contracts?organisation=0237:2110625629",
        "/v1/contracts?organisation=0007:8803200016",
        "/v1/participants/2110625629",
        "/v1/participants/211062-5629/claims",
        "/v1/participants/%32110625629",
        f"{CONTRACT}/participants/211062-5629",
        "/v1/organisations/0237:2110625629",
        "/v1/organisations/0007:8803200016",
        "/v1/organisations/0196:1201743399",
        "/211062-5629",
    ],
)
async def test_a_personal_number_in_an_address_is_refused_and_not_repeated(
    anna: httpx.AsyncClient, service: Service, capfd: pytest.CaptureFixture[str], path: str
) -> None:
    before = service.asked
    answer = await anna.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "personal-number-in-url")
    output = answer.text + str(answer.headers) + "".join(capfd.readouterr())
    assert not any(number in output for number in ("5629", "0016", "95088", "308T", "3399"))
    assert service.asked == before


@pytest.mark.parametrize(
    "path",
    [
        "/v1/contracts?limit=500&after=MjAyNi0xMS0yNFQxMDowMDowMFo",
        "/v1/contracts?from=2026-11-24&to=2026-11-24T10%3A00%3A00%2B01%3A00",
        "/v1/contracts?organisation=0184:13585628",
        "/v1/contracts?organisation=0196%3A4504013150",
        "/v1/contracts?id=19880320-0016-4000-8000-211062562900",
        "/v1/organisations/0088:9521000000009",
        "/v1/organisations/0007:5560360793",
        "/v1/organisations/0212:20774740",
        f"{CLAIM}?version=2110625629000",
        "/v1/contracts?",
        "/v1/contracts?a=&b&=c&%",
    ],
)
async def test_other_numbers_may_stand_in_one(anna: httpx.AsyncClient, path: str) -> None:
    assert (await anna.get(path)).status_code == 200
