"""Tests: an address that was named and where nobody listens: it is said at once, and does not take long."""

import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.demo.play.client import NotReachable
from deploy.demo.play.reachability import wait_for_a_listener


def a_free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def test_where_nobody_listens_it_is_said_once_what_is_waited_for_and_the_end_says_what_to_do() -> None:
    told: list[str] = []
    address = f"http://127.0.0.1:{a_free_port()}"
    with pytest.raises(NotReachable, match=f"nobody answers at {address} within 1 s.*make run"):
        wait_for_a_listener("the gateway", address, told.append, patience=1)
    assert told == [f"Waiting up to 1 s for the gateway at {address}: ConnectError."]


def test_who_accepts_and_never_answers_is_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotReachable, match="ReadTimeout"):
        wait_for_a_listener("the gateway", f"http://127.0.0.1:{silent.getsockname()[1]}", print, patience=0)


@pytest.mark.parametrize("address", ["localhost:8080", "127.0.0.1", "", "ftp://localhost"])
def test_what_is_no_address_is_said_at_once(address: str) -> None:
    with pytest.raises(NotReachable, match="is no address such as"):
        wait_for_a_listener("the gateway", address, print)


def test_any_answer_will_do_also_of_a_gateway_that_comes_late() -> None:
    class Absent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    port, told = a_free_port(), list[str]()

    def begin() -> None:
        with HTTPServer(("127.0.0.1", port), Absent) as server:
            server.handle_request()

    late = threading.Thread(target=begin)

    def tell(sentence: str) -> None:
        told.append(sentence)
        late.start()

    wait_for_a_listener("the gateway", f"http://127.0.0.1:{port}", tell)
    late.join()
    assert len(told) == 1


def test_the_command_says_what_it_waits_for_before_it_gives_up() -> None:
    address = f"http://127.0.0.1:{a_free_port()}"
    command = [sys.executable, "-m", "deploy.demo", "--quiet", "--gateway", address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stderr is not None
        assert demo.stderr.readline().startswith(f"Waiting up to 15 s for the gateway at {address}")
        demo.terminate()
