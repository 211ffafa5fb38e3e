"""Three-way merge: both sides' changes in one document, or a person decides."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from merge_documents import ANSWERS, FORM, PLAN, edited, told

from mappings.merge import carry, difference, merge3
from mappings.merge.align import frozen
from mappings.terms.units import WHOLE, unit_at, whole
from mappings.tree import NotJSON, Number, get, leaves, parse, replaced

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def edit(line):
    """An edit as the tables below write it: PATH, then `= VALUE`, `+ VALUE` (last in the list), `^ VALUE` (first),
    `-` (removed) or `~` (list turned round).
    """
    where, how, *value = line.split(" ", 2)
    where = where.replace("DETAIL", "activity.0.detail").replace("GOAL", "contained.0")
    *path, last = [int(step) if step.isdigit() else step for step in where.split(".")]

    def apply(tree):
        held = get(tree, tuple(path))
        if how == "=":
            held[last] = _value(value[0])
        elif how in "+^":
            held[last].insert(len(held[last]) if how == "+" else 0, _value(value[0]))
        elif how == "~":
            held[last].reverse()
        else:
            del held[last]

    return apply


def _value(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def merged(base, ours, theirs):
    return merge3(base["resourceType"], base, edited(base, edit(ours)), edited(base, edit(theirs)))


# fmt: off
BOTH_STAND = [
    # what                           base     ours                               theirs
    ("two elements",                 PLAN,    "title = A",                        "period -"),
    ("two of one activity",          PLAN,    "DETAIL.status = completed",        'DETAIL.location = {"display": "B"}'),
    ("an activity, what came of it", PLAN,    "DETAIL.status = completed",        'activity.0.progress ^ {"text": 1}'),
    ("two activities",               PLAN,    "activity.1 -",                     "DETAIL.status = completed"),
    ("two items of one list",        PLAN,    "note.0.text = A",                  "note.2.text = B"),
    ("one edited, one removed",      PLAN,    "note.1.text = A",                  "note.2 -"),
    ("added at both ends",           PLAN,    'goal ^ {"reference": "Goal/8"}',   'goal + {"reference": "Goal/9"}'),
    ("one removed, one added",       PLAN,    "goal.1 -",                         'goal + {"reference": "Goal/9"}'),
    ("moved and edited",             PLAN,    "goal ~",                           "goal.2.display = B"),
    ("two targets",                  PLAN,    "GOAL.target.0.dueDate = 2027-01",  "GOAL.target.1.detailString = B"),
    ("two of a contained goal",      PLAN,    "GOAL.startDate = 2026-02",         "GOAL.lifecycleStatus = on-hold"),
    ("two extensions",               PLAN,    "extension.0.valueString = A",      "extension.1 -"),
    ("primitives with twins",        PLAN,    "instantiatesUri.0 = urn:A",        "_instantiatesUri.1.id = B"),
    ("primitives left without twin", PLAN,    "_instantiatesUri -",               "instantiatesUri.0 = urn:B"),
    ("a question and one below it",  FORM,    "item.0.prefix = A",                "item.0.item.0.maxLength = 4"),
    ("an option, another's wording", FORM,    "item.0.answerOption.1 -",          "item.1.text = B"),
    ("moved and edited questions",   FORM,    "item ~",                           "item.1.prefix = B"),
    ("two answers",                  ANSWERS, "item.0.answer.0.valueInteger = 4", "item.1.item.0.answer.1 -"),
]

TURNED = json.dumps([PLAN["note"][n] for n in (1, 2, 0)])
WALKS = json.dumps({"detail": {"status": "scheduled", "code": {"text": "walks"}}})
A_PERSON_DECIDES = [
    # base    ours                                theirs                                     clashes at
    (PLAN,    "title = A",                        "title = B",                               "title"),
    (PLAN,    "title = A",                        "_title.id = B",                           "title"),
    (PLAN,    "title -",                          "title = B",                               "title"),
    (PLAN,    "description = A",                  "description = B",                         "description"),
    (PLAN,    "period.start = 2025-01",           "period.end -",                            "period"),
    (PLAN,    "category.0.text = A",              "category.0.coding -",                     "category[0]"),
    (PLAN,    "note.1.text = A",                  "note.1 -",                                "note[1]"),
    (PLAN,    "note.1.text = A",                  "note.1.text = B",                         "note[1]"),
    (PLAN,    "goal.1.reference = Goal/8",        "goal.1.reference = Goal/9",               "goal[1]"),
    (PLAN,    "note ~",                           f"note = {TURNED}",                        "note"),
    (PLAN,    "activity.0 -",                     "DETAIL.status = completed",               "activity[0]"),
    (PLAN,    f"activity.0 = {WALKS}",            "DETAIL.status = completed",               "activity[0]"),
    (PLAN,    "DETAIL.status = completed",        "DETAIL.statusReason -",
                "DETAIL.status DETAIL.statusReason"),
    (PLAN,    "DETAIL.scheduledString = daily",   "DETAIL.code.text = B",
                "DETAIL.code DETAIL.scheduled"),
    (PLAN,    'GOAL._startDate = {"id": "A"}',    "GOAL.startDate = 2027-01",                "GOAL.start"),
    (PLAN,    "GOAL.target.0.dueDate = 2027-01",  "GOAL.target.0.detailQuantity -",          "GOAL.target[0]"),
    (PLAN,    "GOAL.lifecycleStatus = completed", "GOAL.achievementStatus -",
                "GOAL.achievementStatus GOAL.lifecycleStatus"),
    (PLAN,    "GOAL.resourceType = Task",         "GOAL.startDate = 2027-01",                "GOAL"),
    (PLAN,    "contained.1.status = active",      "contained.1.dosageInstruction -",         "contained[1]"),
    (FORM,    "item.0.linkId = A",                "item.0.prefix = B",                       "item[0]"),
    (FORM,    "item.0 -",                         "item.0.linkId = B",                       "item[0]"),
    (FORM,    "item.0.answerOption.0 -",          "item.0.enableBehavior = all",
                "item[0].answerOption item[0].enableBehavior"),
    (ANSWERS, "item.0.answer.0.valueInteger = 4", 'item.0.answer + {"valueInteger": 5}',     "item[0].answer"),
    (ANSWERS, "status = completed",               "item.0.text = B",                         ""),
]
# fmt: on


class TestCases:
    @pytest.mark.parametrize(
        ("base", "ours", "theirs"), [row[1:] for row in BOTH_STAND], ids=[r[0] for r in BOTH_STAND]
    )
    def test_both_stand(self, base, ours, theirs):
        """Edits of different elements, items or activities are both in the merge, whichever side made them."""
        expected = frozen(edited(edited(base, edit(theirs)), edit(ours)))
        one, other = merged(base, ours, theirs), merged(base, theirs, ours)
        assert one.conflicts == other.conflicts == ()
        assert frozen(one.tree) == frozen(other.tree) == expected

    @pytest.mark.parametrize(("base", "ours", "theirs", "where"), A_PERSON_DECIDES)
    def test_a_person_decides(self, base, ours, theirs, where):
        """Edits of one element, unit or item clash where they meet, whoever made them; alike on both sides, nowhere."""
        where = where.replace("DETAIL", "activity[0].detail").replace("GOAL", "contained[0]")
        expected = [f"{base['resourceType']}.{path}".removesuffix(".") for path in where.split(" ")]
        assert sorted(clash.path for clash in merged(base, ours, theirs).conflicts) == expected
        assert sorted(clash.path for clash in merged(base, theirs, ours).conflicts) == expected
        assert merged(base, ours, ours).conflicts == ()

    def test_order_is_theirs_and_additions_stand_behind_their_neighbours(self):
        """Names and items follow theirs; where only ours moved items, ours."""
        theirs = dict(reversed(edited(PLAN, edit('goal + {"reference": "Goal/9"}')).items()))
        ours = {**edited(PLAN, edit("goal ~")), "title": "A", "description": "added"}
        tree = merge3("CarePlan", PLAN, ours, theirs).tree
        assert [name for name in tree if name != "description"] == list(theirs)
        assert list(tree).index("description") == list(tree).index("note") + 1
        assert [goal["reference"] for goal in tree["goal"]] == ["Goal/3", "Goal/9", "Goal/2", "#g"]

    def test_a_reference_is_another_goal(self):
        """One side unlinked a goal, the other linked another one in its place: both is done."""
        outcome = merged(PLAN, "goal.1 -", "goal.1.reference = Goal/9")
        assert [goal["reference"] for goal in outcome.tree["goal"]] == ["#g", "Goal/9", "Goal/3"]

    def test_both_sides_may_add_the_same_item(self):
        """An item of one key, added on both sides, is added once; what they say of it is merged, or clashes."""
        ours = edited(FORM, lambda t: t["item"].append({"linkId": "9", "text": "Since?", "prefix": "9."}))
        theirs = edited(FORM, lambda t: t["item"].append({"linkId": "9", "text": "Since?", "readOnly": True}))
        other = edited(FORM, lambda t: t["item"].append({"linkId": "9", "text": "Until?"}))
        expected = {"linkId": "9", "text": "Since?", "readOnly": True, "prefix": "9."}
        assert merge3("Questionnaire", FORM, ours, theirs).tree["item"][3:] == [expected]
        assert [c.path for c in merge3("Questionnaire", FORM, ours, other).conflicts] == ["Questionnaire.item[3].text"]

    def test_of_equal_items_each_side_may_edit_one(self):
        """Two notes say the same; ours edits the first, theirs the second."""
        base, ours, theirs = (
            {"resourceType": "Goal", "note": [{"text": text} for text in texts]} for texts in ("xx", "ax", "xb")
        )
        assert merge3("Goal", base, ours, theirs).tree["note"] == [{"text": "a"}, {"text": "b"}]

    def test_a_completed_form_may_be_tagged_by_the_other_side(self):
        """meta, id and narrative are about a record, not of it: one side amends it, the other touches only those."""
        base = {**ANSWERS, "status": "completed", "id": "1", "text": {"div": "a"}}
        ours = {**base, "status": "amended", "authored": "2026-03-01"}
        theirs = {**base, "id": "2", "meta": {"tag": [{"code": "seen"}]}, "text": {"div": "b"}}
        tree = merge3("QuestionnaireResponse", base, ours, theirs).tree
        assert tree == {**theirs, "status": "amended", "authored": "2026-03-01"}
        normalised = {**theirs, "language": "en"}
        tree = carry("QuestionnaireResponse", base, ours, normalised)
        assert (tree["id"], tree["meta"], tree["status"]) == ("2", theirs["meta"], "amended")

    def test_a_server_speaks_for_itself(self):
        """id, versionId and lastUpdated are theirs, whatever ours says of them; a tag of ours joins them."""
        ours = edited(PLAN, lambda t: (t.update(id="ours", title="A"), t["meta"].update(versionId="7")))
        ours["meta"]["tag"].append({"code": "A"})
        theirs = edited(PLAN, lambda t: (t.update(id="9", meta={"versionId": "3"}), t["note"].pop()))
        tree = merge3("CarePlan", PLAN, ours, theirs).tree
        assert (tree["id"], tree["meta"], tree["title"]) == ("9", {"versionId": "3", "tag": [{"code": "A"}]}, "A")

    def test_a_document_sent_without_meta_is_no_clash(self):
        """A writer may leave out all that the server wrote of itself, though ours holds a profile."""
        served = edited(PLAN, edit('meta = {"versionId": "1", "profile": ["p"]}'))
        stored = edited(PLAN, lambda t: (t.update(meta={"profile": ["p"]}), t["extension"].append({"url": "hidden"})))
        sent = edited(served, lambda t: (t.pop("meta"), t.update(title="B")))
        tree = merge3("CarePlan", served, stored, sent).tree
        assert (tree["title"], tree["extension"][-1], "meta" in tree) == ("B", {"url": "hidden"}, False)

    def test_a_narrative_is_no_reason_to_ask(self):
        """Both changed it: ours stands, in a contained resource, too."""
        ours, theirs = (edited(PLAN, edit(f"text.div = <div>{who}</div>")) for who in "AB")
        assert merge3("CarePlan", PLAN, ours, theirs).tree == ours

    @pytest.mark.parametrize("kind", ["Consent", "MedicationRequest", "MedicationStatement"])
    def test_some_records_are_one_statement(self, kind):
        """Two different elements changed of a Consent or a medication order: a person decides, and is told why."""
        base = {"resourceType": kind, "status": "active", "note": [{"text": "a"}]}
        (clash,) = merge3(kind, base, {**base, "status": "inactive"}, {**base, "language": "mr"}).conflicts
        assert (clash.path, clash.reason) == (kind, f"changed on both sides: {WHOLE[kind]}")

    def test_a_clash_says_where_it_stands_in_each_version(self):
        """Positions differ between versions, and so does the type of a choice; the paths find the values."""
        ours = edited(PLAN, lambda t: (t["contained"].reverse(), t["contained"][1].update(startDate="2027")))
        theirs = edited(
            PLAN,
            lambda t: (
                t["contained"][0].pop("startDate"),
                t["contained"][0].update(startCodeableConcept={"text": "soon"}),
            ),
        )
        (clash,) = merge3("CarePlan", PLAN, ours, theirs).conflicts
        found = [get(tree, path) for tree, path in ((PLAN, clash.base), (ours, clash.ours), (theirs, clash.theirs))]
        assert (clash.path, found) == ("CarePlan.contained[0].start", ["2026-01", "2027", {"text": "soon"}])

    def test_a_carried_change_meets_a_normalised_document(self):
        """What a server made of our document stays but for what we changed: its added code, its order, its id."""
        onto = edited(PLAN, lambda t: (t.update(id="77", language="en"), t["note"].reverse(), t["period"].pop("end")))
        after = edited(PLAN, lambda t: (t.update(title="A"), t["period"].update(end="2027"), t["note"].pop(0)))
        expected = edited(
            onto, lambda t: (t.update(title="A", period={"start": "2026-01", "end": "2027"}), t["note"].pop())
        )
        assert carry("CarePlan", PLAN, after, onto) == expected

    def test_literals_are_compared_as_written(self):
        """1.5 and 1.50 are two values, and so are "1" and 1."""
        base = {"resourceType": "Observation", "valueQuantity": {"value": Number("1.5")}, "issued": "1"}
        ours, theirs = {**base, "valueQuantity": {"value": Number("1.50")}}, {**base, "issued": Number("1")}
        assert merge3("Observation", base, ours, theirs).tree == {**ours, "issued": Number("1")}

    def test_differences_read_as_a_person_would_say_them(self):
        """Positions of the newer version, of the older for what was removed; datatypes, choices and twins are one."""
        newer = edited(
            PLAN,
            lambda t: (
                t["goal"].insert(0, {"reference": "Goal/9"}),
                t["category"].reverse(),
                t["note"].pop(0),
                t["_title"].update(id="x"),
                t["period"].pop("end"),
                t["activity"][0]["detail"].update(status="completed"),
                t["contained"][0].pop("startDate"),
                t["contained"][0]["target"][1].update(dueDate="2027"),
                t["_instantiatesUri"][1].update(id="x"),
                t["meta"].update(versionId="2"),
            ),
        )
        assert [
            (change.path.removeprefix("CarePlan."), change.kind) for change in difference("CarePlan", PLAN, newer)
        ] == [
            ("contained[0].target[1]", "changed"),
            ("contained[0].start", "removed"),
            ("category", "changed"),
            ("title", "changed"),
            ("period", "changed"),
            ("goal[0]", "added"),
            ("instantiatesUri[1]", "changed"),
            ("activity[0].detail.status", "changed"),
            ("note[0]", "removed"),
        ]


def documents():
    """Documents of the public corpus, with their path as id."""
    for path in sorted(CORPUS.glob("r[45]/*/*.json")):
        try:
            tree = parse(path.read_bytes())
        except NotJSON:
            continue
        if isinstance(tree, dict) and tree.get("resourceType") != "Bundle":
            yield path, tree


def leaf_edits(tree, chance, kind):
    """Two leaves of different units or list items, at random, each with another value; None if there are not two."""

    def statement(path):
        unit = unit_at(kind, (), path[0])
        return unit, path[1] if not unit.because and len(path) > 1 and isinstance(path[1], int) else None

    held = [path for path, _ in leaves(tree) if path[0] not in ("resourceType", "id", "meta", "text", "contained")]
    one = chance.choice(held) if held else ()
    others = [path for path in held if statement(path) != statement(one)]
    two = (one, chance.choice(others)) if others else ()
    return [(path, replaced(tree, path, f"edited {n}")) for n, path in enumerate(two)] or None


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/corpus: the public corpus is not part of the project")
class TestCorpus:
    def test_two_edits_of_real_documents(self):
        """In different elements of a real document both edits stand and nothing else changes; in one, they clash."""
        chance, done = random.Random(3), Counter()
        for path, tree in documents():
            kind = tree["resourceType"]
            two = leaf_edits(tree, chance, kind)
            if two is None:
                done["too small"] += 1
                continue
            (here, ours), (there, theirs) = two
            expected = told(replaced(ours, there, get(theirs, there)))
            outcome = merge3(kind, tree, ours, theirs)
            one_record = bool(whole(kind, tree, ours, theirs))
            assert bool(outcome.conflicts) == one_record, (path.name, here, there, outcome.conflicts)
            assert one_record or told(outcome.tree) == expected, (path.name, here, there)
            assert merge3(kind, tree, ours, replaced(tree, here, "otherwise")).conflicts, (path.name, here)
            done["one record" if one_record else "merged"] += 1
        assert done["merged"] > 200

    def test_no_pair_of_edits_is_lost(self):
        """Two edits of any leaves: a person decides, or both stand and nothing else has changed."""
        chance, done = random.Random(4), Counter()
        for path, tree in documents():
            kind = tree["resourceType"]
            held = [at for at, _ in leaves(tree) if not {"resourceType", "id", "meta", "text"} & set(at)]
            if len(held) > 1:
                here, there = chance.sample(held, 2)
                ours, theirs = replaced(tree, here, "edited here"), replaced(tree, there, "edited there")
                outcome = merge3(kind, tree, ours, theirs)
                done[bool(outcome.conflicts)] += 1
                expected = told(replaced(ours, there, "edited there"))
                assert outcome.conflicts or told(outcome.tree) == expected, (path.name, here, there)
        assert done[True] > 50 < done[False]
