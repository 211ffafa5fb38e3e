"""Is a narrative the plain XHTML that the specification allows? https://hl7.org/fhir/R4/narrative.html#xhtml

The elements and attributes are those of the XPath of txt-1, and what HTML 4.0 has beside them in the chapters that its
words name. Where elements may stand is what HTML 4.0 says: https://www.w3.org/TR/html40/sgml/dtd.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from xml.parsers import expat

from mappings.check.primitives import PRIMITIVES
from mappings.tree import Tree


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_XHTML = "http://www.w3.org/1999/xhtml "
_XML = "http://www.w3.org/XML/1998/namespace "

_ELEMENTS = _words(
    "a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4"
    " h5 h6 hr i img kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul"
    " var"
)
_ATTRIBUTES = _words(
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset"
    " cite class colspan compact coords dir frame headers height href hreflang hspace id ismap lang longdesc name"
    " nohref nowrap rel rev rowspan rules scope shape span src start style summary tabindex title type usemap valign"
    " value vspace width"
) | {f"{_XML}lang", f"{_XML}space"}

_EMPTY = _words("area br col hr img")
_WITHIN = {
    # element   the elements of which it is a part
    "tr": "table thead tfoot tbody",
    "th": "tr",
    "td": "tr",
    "tbody": "table",
    "thead": "table",
    "tfoot": "table",
    "caption": "table",
    "colgroup": "table",
    "col": "table colgroup",
    "li": "ul ol",
    "dt": "dl",
    "dd": "dl",
}
_ONLY = {
    # element   the elements that it has, and no text
    "table": "caption col colgroup thead tfoot tbody tr",
    "thead": "tr",
    "tfoot": "tr",
    "tbody": "tr",
    "tr": "th td",
    "colgroup": "col",
    "ul": "li",
    "ol": "li",
    "dl": "dt dd",
}
_INLINE = _words(
    "a abbr acronym address b bdo big caption cite code dfn dt em h1 h2 h3 h4 h5 h6 i kbd p pre q samp small span"
    " strong sub sup tt var"
)
"""Elements in which no block stands."""

_BLOCKS = _words("div ol pre table ul")
"""Blocks that stand in no inline element; in a paragraph two more do not."""

_PARTS = {name: _words(within) for name, within in _WITHIN.items()}
_CHILDREN = {name: _words(only) for name, only in _ONLY.items()}
_NAMES = {_XHTML + name: name for name in _ELEMENTS}
_ACTIVE = ("javascript:", "vbscript:", "data:text/html")


def forbidden(div: Tree) -> bool:
    """Return whether the text is no well-formed XHTML, or has elements or attributes that are not allowed."""
    return isinstance(div, str) and PRIMITIVES["xhtml"][1](div) and _read(div)[0]  # else the type has its own finding


def says_nothing(div: Tree) -> bool:
    """Return whether a well-formed narrative has neither text nor an image."""
    return isinstance(div, str) and _read(div)[1]


def has_loose_link(resource: dict[str, Tree]) -> bool:
    """Return whether a link within a resource's narrative leads to an id that nothing in the resource has."""
    text = resource.get("text")
    div = text.get("div") if isinstance(text, dict) else None
    loose = _read(div)[2] if isinstance(div, str) and "#" in div else frozenset()
    return bool(loose) and not loose <= set(ids_in(resource))


def ids_in(tree: Tree) -> Iterator[str]:
    """Yield the ids of a resource and of all elements in it."""
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict) and isinstance(name := here.get("id"), str):
            yield name
        parts = here.values() if isinstance(here, dict) else here
        waiting += [part for part in parts if isinstance(part, dict | list)]


class _RefusedError(Exception):
    """Something that is not allowed was met."""


class _Reader:
    """Reads one narrative; `path` are the elements that are open."""

    def __init__(self) -> None:
        self.content = False
        self.path: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def start(self, full_name: str, attributes: dict[str, str]) -> None:
        name = _NAMES.get(full_name, "")
        path = self.path
        if not name or (path and not _fits(name, path)):
            raise _RefusedError
        if attributes:
            self._attributes(name, attributes)
        path.append(name)
        self.content = self.content or name == "img"

    def _attributes(self, name: str, attributes: dict[str, str]) -> None:
        if not _ATTRIBUTES.issuperset(attributes):
            raise _RefusedError
        if name == "a":
            href = attributes.get("href")
            if href is not None and (not href.strip() or href.strip().lower().startswith(_ACTIVE)):
                raise _RefusedError
            self.ids.add(attributes.get("name", ""))
        link = attributes.get("href") or attributes.get("src") or ""
        if link[:1] == "#" and len(link) > 1:
            self.links.add(link[1:])
        self.ids.add(attributes.get("id", ""))

    def end(self, _name: str) -> None:
        self.path.pop()

    def text(self, piece: str) -> None:
        if piece.strip(" \t\r\n"):
            self.content = True
            if self.path[-1] in _CHILDREN or self.path[-1] in _EMPTY:
                raise _RefusedError


def _fits(name: str, path: list[str]) -> bool:
    """Return whether an element may stand at the end of a path of open ones."""
    above = path[-1]
    if above in _EMPTY or (name in _PARTS and above not in _PARTS[name]):
        return False
    if above in _CHILDREN and name not in _CHILDREN[above]:
        return False
    if name in {"p", "blockquote"} and "p" in path:
        return False
    if name == "a" and "a" in path:
        return False
    return name not in _BLOCKS or _INLINE.isdisjoint(path)


@lru_cache(maxsize=1)
def _read(div: str) -> tuple[bool, bool, frozenset[str]]:
    """Return (forbidden, says nothing, loose links).

    Declarations of types and entities are refused before they are read. The last narrative is kept: several rules ask.
    """
    reader = _Reader()

    def refuse(*_: object) -> None:
        raise _RefusedError

    parser = expat.ParserCreate("utf-8", " ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.buffer_text = reader.text, True
    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = refuse, refuse
    try:
        parser.Parse(div.encode("utf-8", "replace"), True)
    except (_RefusedError, expat.ExpatError):
        return True, False, frozenset()
    return False, not reader.content, frozenset(reader.links - reader.ids)
