"""Where a request to an EHR server may go: the hostile addresses, each judged by what it resolves to."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import Say, ScriptedServer

from adapter.ehr.address import Denied, checked, expects_private, judge
from adapter.ehr.client import Client
from adapter.ehr.errors import Unreachable
from adapter.ehr.pinned import PinnedAdapter
from adapter.settings import EHR


def resolving(*answers: str) -> object:
    """A resolver that knows one name."""
    return lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in answers]


# fmt: off
ADDRESSES = [
    # address                     public server   private server
    ("93.184.215.14",             True,           True),
    ("2606:2800:21f:cb07::1",     True,           True),
    ("127.0.0.1",                 False,          True),
    ("::1",                       False,          True),
    ("::ffff:127.0.0.1",          False,          True),
    ("10.1.2.3",                  False,          True),
    ("172.31.0.1",                False,          True),
    ("192.168.0.1",               False,          True),
    ("100.64.0.1",                False,          True),
    ("fd12:3456::1",              False,          True),
    ("0.0.0.0",                   False,          False),
    ("::",                        False,          False),
    ("169.254.169.254",           False,          False),
    ("::ffff:169.254.169.254",    False,          False),
    ("fe80::1",                   False,          False),
    ("fe80::1%lo",                False,          False),
    ("fd00:ec2::254",             False,          False),
    ("168.63.129.16",             False,          False),
    ("100.100.100.200",           False,          False),
    ("192.0.0.192",               False,          False),
    ("64:ff9b::7f00:1",           False,          False),
    ("64:ff9b::a9fe:a9fe",        False,          False),
    ("64:ff9b:1::1",              False,          False),
    ("2002:7f00:1::1",            False,          False),
    ("2001:0:4136:e378::1",       False,          False),
    ("::127.0.0.1",               False,          False),
    ("224.0.0.1",                 False,          False),
    ("ff02::1",                   False,          False),
    ("255.255.255.255",           False,          False),
    ("192.0.2.1",                 False,          False),
    ("2001:db8::1",               False,          False),
    ("nonsense",                  False,          False),
]
# fmt: on


@pytest.mark.parametrize(("address", "public", "private"), ADDRESSES)
def test_an_address_is_judged(address: str, public: bool, private: bool) -> None:
    """Public servers lead to public addresses; private ones need saying so; some lead nowhere."""
    assert (judge(address, private=False) == "", judge(address, private=True) == "") == (public, private)


@given(st.ip_addresses())
def test_a_public_server_leads_to_public_addresses_only(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Nothing that the standard library calls not global is ever allowed for a public server."""
    assert address.is_global or judge(str(address), private=False)


def test_every_answer_is_judged() -> None:
    """One bad address among good ones refuses the name."""
    with pytest.raises(Denied, match="private_network"):
        checked("ehr.example.org", 443, private=False, resolve=resolving("93.184.215.14", "10.0.0.1"))


def test_the_message_does_not_name_the_address() -> None:
    """Who configured the server learns why, not what the network looks like."""
    with pytest.raises(Denied) as caught:
        checked("ehr.example.org", 443, private=True, resolve=resolving("169.254.169.254"))
    assert "169" not in str(caught.value)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_a_number_is_no_private_address(host: str) -> None:
    """Spellings that only the resolver understands are judged by what it answers."""
    with pytest.raises(Denied):
        checked(host, 80, private=False)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("10.0.0.1", True), ("ehr.example.org", False),
     ("169.254.169.254", False), ("93.184.215.14", False)],
)  # fmt: skip
def test_a_private_url_expects_a_private_address(host: str, expected: bool) -> None:
    """Whoever writes a loopback or private address as url means it."""
    assert expects_private(host) is expected


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    running = ScriptedServer()
    running.script = [Say(body={"resourceType": "Goal", "id": "g1"})]
    yield running
    running.stop()


def test_the_connection_goes_to_the_address_that_was_judged(server: ScriptedServer) -> None:
    """A name that changes its mind after the judgement changes nothing, and the server still hears its own name."""
    answers = [["127.0.0.1"]]
    session = requests.Session()
    session.mount("http://ehr.invalid", PinnedAdapter(lambda host, port: answers.pop()))
    port = server.url.split(":")[2].split("/")[0]
    assert session.get(f"http://ehr.invalid:{port}/x", timeout=2).status_code == 200
    assert server.asked[0].headers["Host"] == f"ehr.invalid:{port}"
    session.close()


def test_rebinding_is_refused(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public name that turns to a private address is refused on the very connection, and nothing is sent."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: real("127.0.0.1", *a, **k))
    url = server.url.replace("127.0.0.1", "ehr.example.org")
    client = Client(EHR("clinic", url, "other", ("urn:x", "1"), "TREAT"), sleep=lambda _: pytest.fail("asked again"))
    with client, pytest.raises(Unreachable, match="private_network"):
        client.read("Goal", "g1")
    assert server.connections == 0
