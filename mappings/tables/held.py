"""What the extensions of one url hold, each in one `value[x]`, as a list of native values."""

from __future__ import annotations

from typing import Any

from mappings.lens.combinators import Leaf
from mappings.lens.lists import Extension, Inside
from mappings.lens.notation import at, extensions
from mappings.lens.parts import Holding


def held(url: str, name: str, inner: Any) -> Extension:
    """Return the row of all extensions with this url, by what each holds: `held(BARRIER, "valueReference", REF)`."""
    item = Inside(url, at(name, inner)) if isinstance(inner, Leaf) else Holding({"url": url}, name, inner)
    return extensions(url, item)
