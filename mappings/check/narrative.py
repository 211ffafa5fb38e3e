"""Is a narrative the plain XHTML that the specification allows? https://hl7.org/fhir/R4/narrative.html#xhtml"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.parsers import expat

from mappings.check.primitives import PRIMITIVES
from mappings.tree import Tree

# HTML 4.0, chapters 7 to 11 without section 4 of chapter 9, and 15; links and images. https://www.w3.org/TR/html4/
_ALLOWED = frozenset(
    [
        "div",
        "span",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "address",
        "bdo",
        "em",
        "strong",
        "dfn",
        "code",
        "samp",
        "kbd",
        "var",
        "cite",
        "abbr",
        "acronym",
        "blockquote",
        "q",
        "sub",
        "sup",
        "p",
        "br",
        "pre",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "caption",
        "thead",
        "tfoot",
        "tbody",
        "colgroup",
        "col",
        "tr",
        "th",
        "td",
        "tt",
        "i",
        "b",
        "big",
        "small",
        "strike",
        "s",
        "u",
        "font",
        "hr",
        "center",
        "a",
        "img",
        "map",
        "area",
    ]
)
_XHTML = "http://www.w3.org/1999/xhtml "
_ALLOWED_NAMES, _IMAGE = frozenset(_XHTML + name for name in _ALLOWED), f"{_XHTML}img"
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30});")


def forbidden(div: Tree) -> bool:
    """Return whether the text is no well-formed XHTML, or has elements or attributes that are not allowed."""
    return isinstance(div, str) and PRIMITIVES["xhtml"][1](div) and _read(div)[0]  # else the type has its own finding


def says_nothing(div: Tree) -> bool:
    """Return whether a well-formed narrative has neither text nor an image."""
    return isinstance(div, str) and _read(div)[1]


class _RefusedError(Exception):
    """Something that is not allowed was met."""


@lru_cache(maxsize=1)
def _read(div: str) -> tuple[bool, bool]:
    """Return (forbidden, says nothing). Declarations of types and entities are refused before they are read.

    The last one is kept: two rules ask about each narrative.
    """
    content = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal content
        if name not in _ALLOWED_NAMES:
            raise _RefusedError
        if attributes and any(key.lower().startswith("on") for key in attributes):
            raise _RefusedError
        content = content or name == _IMAGE

    def text(piece: str) -> None:
        nonlocal content
        if not piece.isspace():
            content, parser.CharacterDataHandler = True, None

    def refuse(*_: object) -> None:
        raise _RefusedError

    parser = expat.ParserCreate("utf-8", " ")
    parser.StartElementHandler, parser.CharacterDataHandler = start, text
    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = refuse, refuse
    if "&" in div:
        div = _NAMED.sub(lambda found: html.unescape(found[0]), div)
    try:
        parser.Parse(div.encode("utf-8", "replace"), True)
    except (_RefusedError, expat.ExpatError):
        return True, False
    return False, not content
