"""What two sides changed: one document with both, the places where a person must decide, or the difference of two."""

from mappings.merge.carry import carry
from mappings.merge.difference import Change, difference
from mappings.merge.three import Clash, Merge, merge3

__all__ = ["Change", "Clash", "Merge", "carry", "difference", "merge3"]
