"""A plan of the quick pass (quick/) as one plain Python function, made when a document or many ask it often.

    python -m mappings.check.quick.compiled plan.json      prints the functions that judging this document has made

It does what going through the plan does, value by value, without a call for each text. A traceback shows its lines.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

from mappings.check.quick.asked import WRITTEN, Judge
from mappings.check.quick.plans import OFTEN, Plan

_NUMBERS = count(1)
_MADE: list[str] = []


def compiled(plan: Plan, title: str) -> Judge:
    """Return the function of a plan; `title` is its type and release."""
    names: dict[str, Any] = {"left": plan.left}
    values = [f"v{n}" for n in range(len(plan.judges))]
    lines = [f'    """{title}: {", ".join(plan.names)}."""', f"    {', '.join(values)}, = node.values()"]
    calls, tests = [], []
    for value, judge in zip(values, plan.judges, strict=True):
        code, bound = WRITTEN.get(judge, ("", {}))
        own = {name: f"{name}_{value}" for name in bound}
        names |= {own[name]: thing for name, thing in bound.items()}
        if code:
            tests.append(code.format(value, **own))
        else:
            names[f"judge_{value}"] = judge
            calls.append(f"judge_{value}({value}, state)")
    for n, further in enumerate(plan.also):
        names[f"further_{n}"] = further
        calls.append(f"further_{n}(node, state)")
    lines += [f"    sound = {plan.fits}"]
    lines += [line for call in calls for line in (f"    if not {call}:", "        sound = False")]
    lines += [f"    if not ({' and '.join(['sound', *(test for test in tests if test != 'True')])}):"]
    lines += ["        return False"]
    if plan.rules:
        lines += ["    for rule in left(node):", "        if rule.broken(node):", "            return False"]
    number = next(_NUMBERS)
    source = "\n".join([f"def sound_{number}(node, state):", *lines, "    return True", ""])
    file = f"<mappings.check.quick.compiled {number}>"
    exec(compile(source, file, "exec"), names)  # noqa: S102 - made of our own tables and of names of elements
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    _MADE.append(source)
    made: Callable[..., bool] = names[f"sound_{number}"]
    return made


def main(paths: list[str]) -> None:
    """Print what judging these documents makes."""
    from pathlib import Path

    from mappings.check import check

    for path in paths:
        for _ in range(OFTEN + 1):
            check(Path(path).read_bytes())
    sys.stdout.write("\n\n".join(_MADE))


if __name__ == "__main__":
    from mappings.check.quick.compiled import main as printed  # the module under its own name, not a second one

    printed(sys.argv[1:])
