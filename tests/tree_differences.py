"""Where two JSON trees differ."""

from __future__ import annotations


def differences(a, b, path=()):
    """Yield the paths of leaves (and removed parts) in which two trees differ, identity first."""
    if a is b or (type(a) is type(b) and not isinstance(a, dict | list) and a == b):
        return
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {**a, **b}:
            if key not in a or key not in b:
                yield (*path, key)
            else:
                yield from differences(a[key], b[key], (*path, key))
        if [k for k in a if k in b] != [k for k in b if k in a]:
            yield path
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for n, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from differences(x, y, (*path, n))
    else:
        yield path
