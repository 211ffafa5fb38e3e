"""What R4 and R5 say differently, once (MOVED), and one walk that reads it in both directions.

    convert(resource, "R4", "R5")                      the resource as the other release says it
    converted(tree, "R4", "R5")                        the same, with a report: Converted(tree, issues)
    put_back(stored, "R4", "R5", served, edited)       an edit of the conversion, applied to what was converted

R4 -> R5 -> R4 and R5 -> R4 -> R5 give back every document, valid or not. What the other release has no element for
goes along as a cross-version extension (carried.py), for which no row is needed: the definitions in
mappings/check/shapes.py show what only one release has. A row says what *moved*.

To add a difference, add one row to the file of its family (its table ROWS: R4 path of the type that holds the
element -> rows; a new file is named in moved.FAMILIES). The forms, in rows.py:

    Renamed("author", "custodian", why)                  one element under two names; "effective[x]" for a choice
    Merged("reasonCode", "reasonReference", "reason", why)   concepts and references <-> CodeableReference, one or many;
                                                         also Merged("medicationCodeableConcept",
                                                         "medicationReference", "medication", why)
    Codes("intent", why, renamed={r4: r5}, r4_only={code: substitute}, r5_only={code: substitute})
                                                         codes of an element that both have under one name
    only_r5("copyrightLabel", why=..., standard=url)     an R5 element for which FHIR defines an extension of its own
    By(("a", "b"), ("c",), why, to_r5=f, to_r4=g)        two functions: (part, here) -> part; a part is a dict of the
                                                         JSON properties that the row owns, `_name` twins included;
                                                         always=True: called where nothing stands, too
    a subclass of Row                                    where By is not enough (Merged shows how)
    Fitted, Either, Split, Left, Apart, coded ...        in forms.py: references that may not stand there, choices that
                                                         are one CodeableReference, what the row above takes as it is

A row that stands in thousands of nodes may say that nothing moves (is_same), or what of a part decides how it moves
(gist): it is then not asked, or once. tests/test_releases_laws.py holds that to what asking comes to.

A row reads its part after everything inside was converted, names alone are its business. It need not say everything
and need not check for nonsense: the engine reads each part back, and what does not come back the same is carried.
Not needed are rows for one <-> many, CodeableConcept, Reference or Coding <-> CodeableReference or CodeableConcept
under one name, elements that one release demands (data-absent-reason), references to types that the other release
does not allow there (alternate-reference), and backbone elements that only bear another type name: same.py makes
those from the definitions. Resource types with two names stand in types.TYPES. More forms, for the types that plans
link to, are in forms.py; activity.detail, which R4 can say in two ways, is in details.py.

    here.field("R5", "reason")      the definition of an element: .many, .type, .targets; None if there is none
    here.url("R4", "status")        url of the cross-version extension that stands for an element
    here.beside("url")              another property of the node, for a row to look at
    here.note(name, text, rule=..., fix=..., severity=...)   one more line in the report
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mappings.releases.conversion import Converted, convert, converted
    from mappings.releases.moved import MOVED
    from mappings.releases.restore import Restored, put_back

__all__ = ["MOVED", "Converted", "Restored", "convert", "converted", "put_back"]

_HOMES = {"MOVED": "moved", "Restored": "restore", "put_back": "restore"}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: who only asks which release a document is of need not load the rows."""
    if name not in __all__:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"mappings.releases.{_HOMES.get(name, 'conversion')}"), name)
