"""What is asked of an EHR server, and whether the question itself names a person.

`CarePlan?patient=X` tells the server that X is with us: such a question takes leave from the gate like a body does.
`CarePlan?_lastUpdated=ge2026-01-01` tells nothing. There is no third kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9\-.]{1,64}")
"""A logical id that may stand in a URL: https://hl7.org/fhir/R4/datatypes.html#id, but for the two that climb paths."""

PERSONS = frozenset({"Patient", "Person", "RelatedPerson"})
"""Types whose every record is a person: to ask for one is to name somebody."""


class ReleasedDocument(Protocol):
    """One document that the gate let out: its bytes are what may leave."""

    @property
    def type(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def body(self) -> bytes: ...


class Released(Protocol):
    """The gate's leave, as adapter.disclosure gives it: what may leave, or whom a request may name; and its record."""

    @property
    def documents(self) -> Sequence[ReleasedDocument]: ...
    @property
    def disclosure(self) -> int: ...
    @property
    def person(self) -> str: ...


def named_by(released: Released | None) -> int:
    """Return the number of the leave to name a person. Raises TypeError where there is no such leave."""
    if released is None or not released.person:
        raise TypeError("a request that names a person needs the gate's leave to name that person")
    return released.disclosure


@dataclass(frozen=True, slots=True)
class Query:
    """A search. Made by `Query.named` or `Query.unnamed`.

    parameters   (name, value) in the order in which they are sent
    disclosure   number of the gate's record, None where the question names nobody
    """

    type: str
    parameters: tuple[tuple[str, str], ...]
    disclosure: int | None = None

    @classmethod
    def named(
        cls,
        released: Released,
        type: str,  # noqa: A002
        *,
        last_updated: str = "",
        **parameters: str | Iterable[str],
    ) -> Query:
        """A question about a person that the gate gave leave to name.

        `Query.named(released, "CarePlan", patient="Patient/17", category=["38717003", "assess-plan"])`; several values
        of one parameter mean any of them. A hyphen of a parameter's name is written as an underscore. `last_updated`:
        an instant; what changed then or later. Raises TypeError without leave.
        """
        leave = named_by(released)
        if not parameters:
            raise TypeError("a named question names somebody")
        return cls(_type(type), (*_sent(parameters), *_since(last_updated)), leave)

    @classmethod
    def unnamed(
        cls,
        type: str,  # noqa: A002
        *,
        last_updated: str = "",
        identifier: tuple[str, str] | None = None,
        url: str = "",
        category: str | Iterable[str] = (),
    ) -> Query:
        """A question that names nobody: what changed since, which record bears OUR identifier, a questionnaire's url.

        `identifier` is refused for a person: that would be naming. Raises TypeError.
        """
        if identifier and type in PERSONS:
            raise TypeError("a person's identifier names that person: use Query.named")
        asked: dict[str, str | Iterable[str]] = {}
        if identifier:
            asked["identifier"] = token(*identifier)
        if url:
            asked["url"] = url
        if category:
            asked["category"] = category
        return cls(_type(type), (*_sent(asked), *_since(last_updated)))

    @property
    def key(self) -> str:
        """The question without the moment since when: what a cursor is kept by. `CarePlan?patient=Patient/17`."""
        return f"{self.type}?" + "&".join(f"{n}={v}" for n, v in sorted(self.parameters) if n != "_lastUpdated")

    def path(self, page_size: int) -> str:
        """The question as it is sent, after the base address."""
        return f"{self.type}?" + "&".join(
            f"{quote(name)}={quote(value, safe='')}" for name, value in (*self.parameters, ("_count", str(page_size)))
        )


def token(system: str, value: str) -> str:
    """Return `system|value` as a search parameter's value, its own commas, bars and dollars escaped.

    https://hl7.org/fhir/R4/search.html#escaping
    """
    return f"{_escaped(system)}|{_escaped(value)}"


def _escaped(text: str) -> str:
    return re.sub(r"([\\,|$])", r"\\\1", text)


def _type(name: str) -> str:
    if not TYPE.fullmatch(name):
        raise TypeError("not a resource type")
    return name


def _sent(parameters: dict[str, str | Iterable[str]]) -> list[tuple[str, str]]:
    return [
        (name.replace("_", "-") if not name.startswith("_") else name, v if isinstance(v, str) else ",".join(v))
        for name, v in parameters.items()
    ]


def _since(instant: str) -> list[tuple[str, str]]:
    return [("_lastUpdated", f"ge{instant}")] if instant else []
