"""What reading a document in the programme's words and writing it back costs beside one orjson round trip of its bytes.

    python tests/bench_lens.py

Every figure is a ratio to `orjson.dumps(orjson.loads(bytes))` of the same bytes in the same rounds, of which the median
is taken; rounds are interleaved, so that what else the machine does weighs on both sides. Each call reads a document
set of its own: nothing read is remembered from the call before but the forms of short texts (dates, codes, systems),
and one row says what it costs to check those anew.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from bench_by_hand import read_by_hand, write_by_hand
from bench_documents import care_plan, dense_goal, questionnaire, response

from mappings.lens.combinators import Leaf
from mappings.lens.documents import Docs
from mappings.model import values as v
from mappings.tables import primitives
from mappings.translate import read, write
from mappings.tree import Tree, dump, parse

ROUNDS, CALLS = 41, 25
REACH = {"read + write": "   (at most 6)", "strict parse + read + write + dump": "   (at most 11)"}

Step = Callable[[Any], Any]
Side = tuple[tuple[Step, bool], ...]
"""Steps, each taking what the one before gave, and whether its time counts."""

Edit = Callable[[Any], Any]
EDITS: dict[str, tuple[Callable[[], bytes], Edit, Edit]] = {
    # document, one field of the document itself, one field deep inside
    "Goal": (
        dense_goal,
        lambda goal: replace(goal, lifecycle=DONE),
        lambda goal: first(goal, "targets", due=DAY),
    ),
    "CarePlan": (
        care_plan,
        lambda plan: replace(plan, status=DONE),
        lambda plan: first(plan, "notes", text="x"),
    ),
    "QuestionnaireResponse": (
        response,
        lambda found: replace(found, status=AMENDED),
        lambda found: nested(found, "answers"),
    ),
    "Questionnaire": (
        questionnaire,
        lambda form: replace(form, title="Weeks"),
        lambda form: nested(form, "items"),
    ),
}
DONE, AMENDED, DAY = v.Code("completed"), v.Code("amended"), v.Date("2027-01-01")


def first(value: Any, field: str, **changed: Any) -> Any:
    """Return a value with the first item of a list changed."""
    one, *others = getattr(value, field)
    return replace(value, **{field: (replace(one, **changed), *others)})


def nested(value: Any, field: str) -> Any:
    """Return a form or its response with the text of the first item of the first group changed."""
    group, *others = getattr(value, field)
    return replace(value, **{field: (first(group, "items", text="x"), *others)})


def bench_lens() -> None:
    """Print what each type costs, in microseconds and as a ratio, beside what is to be reached."""
    for kind, (document, edit, deep) in EDITS.items():
        body = document()
        times = interleaved(sides(kind, body, edit, deep))
        base = times["orjson loads + dumps"]
        print(f"{kind} of {len(body)} bytes, µs of CPU (medians of {ROUNDS} rounds of {CALLS})")
        for name, taken in times.items():
            print(f"  {name:<50} {taken:9.1f}   {taken / base:6.2f} x{REACH.get(name.partition(':')[0], '')}")


def sides(kind: str, body: bytes, edit: Edit, deep: Edit) -> dict[str, Side]:
    """Return what is compared, the bytes' own round trip first."""
    root, tree = f"{kind}/x", parse(body)
    same = read(Docs("R4", {root: parse(body)}), root).value  # equal to what is read, and not the same object

    def reading(given: Callable[[], Tree]) -> Step:
        def step(_: Any) -> tuple[Docs, Any]:
            docs = Docs("R4", {root: given()})
            return docs, read(docs, root).value

        return step

    def writing(found: tuple[Docs, Any, Any]) -> bytes | None:
        docs, was, now = found
        out = write(docs, root, was=was, now=now)
        return out.get(root)

    def edited(by: Edit) -> Step:
        return lambda found: (*found, by(found[1]))

    def forgetful(_: Any) -> tuple[Docs, Any]:
        for words in remembered:
            words.clear()
        return reading(lambda: tree)(None)

    def there_and_back(by: Edit) -> Side:
        return timed(reading(lambda: tree)), untimed(edited(by)), timed(writing)

    def from_bytes(by: Edit) -> Side:
        return timed(reading(lambda: parse(body))), untimed(edited(by)), timed(lambda found: dump(writing(found)))

    leaves = [leaf for leaf in vars(primitives).values() if isinstance(leaf, Leaf)]
    remembered = [leaf.words for leaf in leaves if type(leaf.words) is primitives.Read]
    written = [dump(writing(edited(by)(reading(lambda: tree)(None)))) for by in (edit, deep)]
    assert writing(edited(lambda _: same)(reading(lambda: tree)(None))) is None
    assert len({body, *written}) == 3
    by_hand = {"read + write by hand, nothing checked": (timed(lambda _: write_by_hand(read_by_hand(tree))),)}
    return {
        "orjson loads + dumps": (timed(lambda _: orjson.dumps(orjson.loads(body))),),
        **(by_hand if kind == "Goal" else {}),
        "read": (timed(reading(lambda: tree)),),
        "read + write: nothing changed": there_and_back(lambda was: was),
        "read + write: an equal value, other objects": there_and_back(lambda _: same),
        "read + write: one field": there_and_back(edit),
        "read + write: one field deep inside": there_and_back(deep),
        "read + write: one field, forms not seen before": (timed(forgetful), *there_and_back(edit)[1:]),
        "strict parse": (timed(lambda _: parse(body)),),
        "strict parse + read + write + dump: one field": from_bytes(edit),
    }


def timed(step: Step) -> tuple[Step, bool]:
    return step, True


def untimed(step: Step) -> tuple[Step, bool]:
    """Mark what is between: making the edited value is the caller's, neither reading nor writing."""
    return step, False


def interleaved(calls: dict[str, Side]) -> dict[str, float]:
    """Return the median time of each call in microseconds of CPU: each step for all calls of a round, then the next."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, steps in calls.items():
            held: list[Any] = [None] * CALLS
            spent = 0.0
            for step, counts in steps:
                start = time.process_time()
                held = [step(one) for one in held]
                spent += (time.process_time() - start) * counts
            taken[name].append(spent / CALLS * 1e6)
    return {name: statistics.median(values) for name, values in taken.items()}


if __name__ == "__main__":
    bench_lens()
