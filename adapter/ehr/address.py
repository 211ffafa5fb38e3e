"""Which addresses a request may go to: the configured server's own, and never one where a network keeps its secrets.

The allow-list is the configured server. What its name resolves to is judged on every new connection, every answer of
it, and the connection goes to the very address that was judged: a name that changes in between changes nothing.

    address                                   goes there?
    public                                    yes
    private or loopback                       only if url itself names such an address, or private_network is set
    link-local, metadata, NAT64, 6to4, ...    never
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

# fmt: off
NEVER = [(ipaddress.ip_network(net), why) for net, why in (
    # network             why
    ("0.0.0.0/8",         "unspecified"),
    ("169.254.0.0/16",    "link-local, where clouds keep their secrets"),
    ("168.63.129.16/32",  "a cloud's platform address"),
    ("100.100.100.200/32", "a cloud's metadata address"),
    ("192.0.0.0/24",      "set apart for protocols"),
    ("192.88.99.0/24",    "a 6to4 relay"),
    ("224.0.0.0/4",       "multicast"),
    ("240.0.0.0/4",       "reserved"),
    ("::/128",            "unspecified"),
    ("fe80::/10",         "link-local"),
    ("fec0::/10",         "site-local"),
    ("ff00::/8",          "multicast"),
    ("fd00:ec2::/32",     "a cloud's metadata address"),
    ("64:ff9b::/96",      "a translated address (NAT64)"),
    ("64:ff9b:1::/48",    "a translated address (NAT64)"),
    ("2002::/16",         "a tunnelled address (6to4)"),
    ("2001::/32",         "a tunnelled address (Teredo)"),
)]
PRIVATE = [ipaddress.ip_network(net) for net in (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7",
)]
# fmt: on
UNICAST = ipaddress.ip_network("2000::/3")
"""All IPv6 addresses in public use: https://www.iana.org/assignments/ipv6-address-space"""


class Denied(Exception):  # noqa: N818 - says what became of the address
    """A request may not go where the server's name leads. The message says why and what would change it."""


def judge(address: str, *, private: bool) -> str:
    """Return why a request may not go to an IP address, or "" where it may. `private`: private ones are expected."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unreadable"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    for network, why in NEVER:
        if ip in network:
            return why
    if any(ip in network for network in PRIVATE):
        return "" if private else "private: if the server stands in your own network, set private_network = true"
    return "" if ip.is_global and (ip.version == 4 or ip in UNICAST) else "no public address"


def expects_private(host: str) -> bool:
    """Tell whether a configured host is itself a loopback or private address, so that such an answer is no surprise."""
    return host == "localhost" or (judge(host, private=True) == "" and judge(host, private=False) != "")


def checked(host: str, port: int, *, private: bool, resolve: Callable[..., Any] | None = None) -> list[str]:
    """Return the addresses of a host, each judged. Raises Denied if one is not allowed, OSError if none is found."""
    answers = (resolve or socket.getaddrinfo)(host, port, type=socket.SOCK_STREAM)
    found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    for address in found:
        if why := judge(address, private=private or expects_private(host)):
            raise Denied(f"the server's name leads to an address where no request goes ({why})")
    return found
