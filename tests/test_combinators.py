"""The combinators one by one: three outcomes of reading, and what an edit leaves alone. Cases from what broke first."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mappings import parse, read, write
from mappings.lens.documents import Desk, Docs, Refused
from mappings.lens.notation import at, choice, table
from mappings.model import Goal, Target
from mappings.model import values as v
from mappings.tables.datatypes import CODE, DATE, TEXT
from mappings.tree import dump


def goal(text: str) -> Docs:
    return Docs("R4", {"Goal/1": parse(text.encode())})


def edit(docs: Docs, change, ref: str = "Goal/1"):
    """Write an edited native value and return the document and what was said of it."""
    was = read(docs, ref).value
    out = write(docs, ref, was=was, now=change(was))
    return dump(out.get(ref, docs[ref])).decode(), [i.rule for i in out.issues]


class TestAt:
    def test_text_where_a_code_was_expected_is_opaque_and_stays(self):
        """A text-only status is carried, not an error, not overwritten by another edit."""
        docs = goal('{"resourceType":"Goal","lifecycleStatus":{"text":"going well"},"startDate":"2026-01-01"}')
        assert read(docs, "Goal/1").value.lifecycle is None
        after, _ = edit(docs, lambda g: replace(g, begins=v.Date("2026-02")))
        assert after == '{"resourceType":"Goal","lifecycleStatus":{"text":"going well"},"startDate":"2026-02"}'

    def test_removing_a_date_removes_its_twin_and_says_so(self):
        """`_startDate` spoke of the date that is gone."""
        docs = goal('{"resourceType":"Goal","startDate":"2026","_startDate":{"id":"a"},"statusReason":"x"}')
        assert edit(docs, lambda g: replace(g, begins=None)) == (
            '{"resourceType":"Goal","statusReason":"x"}',
            ["dependent/twin"],
        )

    def test_writing_over_what_was_opaque_starts_from_nothing(self):
        """A hidden unit does not reappear under a new value."""
        docs = goal('{"resourceType":"Goal","target":[{"dueDuration":"soon","measure":{"text":"m"}}]}')
        due = v.Quantity(value=v.Number("2"))
        after, said = edit(docs, lambda g: replace(g, targets=(replace(g.targets[0], due=due),)))
        assert after == '{"resourceType":"Goal","target":[{"dueDuration":{"value":2},"measure":{"text":"m"}}]}'
        assert said == ["dependent/opaque"]


class TestChoice:
    def test_another_kind_takes_the_place_of_all_suffixes(self):
        """startCodeableConcept and its like go when a date is set; never both."""
        docs = goal('{"resourceType":"Goal","startCodeableConcept":{"text":"at admission"},"statusReason":"x"}')
        after, _ = edit(docs, lambda g: replace(g, begins=v.Date("2026-01-01")))
        assert after == '{"resourceType":"Goal","statusReason":"x","startDate":"2026-01-01"}'

    def test_two_kinds_at_once_are_opaque(self):
        """The first match would be a guess."""
        docs = goal('{"resourceType":"Goal","startDate":"2026","startCodeableConcept":{"text":"later"}}')
        assert read(docs, "Goal/1").value.begins is None

    def test_two_kinds_of_one_native_type_are_refused_when_the_table_is_made(self):
        """The value's type picks the suffix, so types must differ."""
        with pytest.raises(TypeError):
            choice("due", Date=(str, TEXT), String=(str, TEXT))


class TestTable:
    def test_two_rows_over_one_property_are_refused_when_the_table_is_made(self):
        """One fact, one row."""
        with pytest.raises(TypeError):
            table(Target, ("due", at("dueDate", DATE)), ("value", at("dueDate", CODE)))

    def test_a_modifier_extension_is_not_interpreted(self):
        """What may change the meaning is carried and left unread."""
        found = read(goal('{"resourceType":"Goal","modifierExtension":[{"url":"x"}]}'), "Goal/1")
        assert (found.value, [i.rule for i in found.unread]) == (None, ["read/modifier"])

    def test_an_atomic_value_drops_what_spoke_of_its_old_content(self):
        """Walk becomes swim: the coding 'walk' and its extension do not stand beside it."""
        docs = goal('{"resourceType":"Goal","description":{"id":"d","coding":[{"code":"walk"}],"text":"walk"}}')
        after, said = edit(docs, lambda g: replace(g, clinic_words=v.Concept(text="swim")))
        assert after == '{"resourceType":"Goal","description":{"text":"swim"}}'
        assert said == ["dependent/inside"]

    def test_a_value_without_content_is_opaque(self):
        """An object in which nothing is ours is carried."""
        assert read(goal('{"resourceType":"Goal","priority":{"x":1}}'), "Goal/1").value.priority is None


TWO = (
    '{"resourceType":"Goal","target":['
    '{"dueDate":"2026-01-01","extension":[{"url":"a","valueString":"first"}]},'
    '{"dueDate":"2026-01-01","extension":[{"url":"a","valueString":"second"}]}]}'
)


class TestLists:
    def test_the_key_says_which_of_two_equal_items_goes(self):
        """Deleting one of two equal targets deletes that one."""
        after, _ = edit(goal(TWO), lambda g: replace(g, targets=g.targets[1:]))
        assert "second" in after
        assert "first" not in after

    def test_without_keys_two_equal_items_are_refused_not_guessed(self):
        """They differ in what was not read, and nobody said which one stays."""
        with pytest.raises(Refused) as caught:
            edit(goal(TWO), lambda g: replace(g, targets=(replace(g.targets[0], key=None),)))
        assert caught.value.issue.rule == "write/ambiguous"

    def test_deleting_one_while_editing_another_keeps_each_ones_own(self):
        """b edited to c while a goes: c has b's extension, not a's."""
        text = TWO.replace(
            '"dueDate":"2026-01-01","extension":[{"url":"a","valueString":"second"',
            '"dueDate":"2027-01-01","extension":[{"url":"a","valueString":"second"',
        )
        after, _ = edit(goal(text), lambda g: replace(g, targets=(replace(g.targets[1], due=v.Date("2028-01-01")),)))
        assert '"2028-01-01"' in after
        assert "second" in after
        assert "first" not in after

    def test_what_is_not_readable_stays_behind_its_neighbour(self):
        """An unreadable target keeps its place when the list is reordered around it."""
        text = '{"resourceType":"Goal","target":[{"dueDate":"2026"},{"x":"?"},{"dueDate":"2027"}]}'
        after, _ = edit(goal(text), lambda g: replace(g, targets=g.targets[::-1]))
        assert after == '{"resourceType":"Goal","target":[{"dueDate":"2027"},{"dueDate":"2026"},{"x":"?"}]}'

    def test_clearing_the_only_field_of_an_item_does_not_move_the_next_one_up(self):
        """target[0] without content goes; target[1] stays itself, extension and all."""
        after, _ = edit(goal(TWO), lambda g: replace(g, targets=(replace(g.targets[0], due=None), g.targets[1])))
        assert '{"dueDate":"2026-01-01","extension":[{"url":"a","valueString":"second"}]}' in after

    def test_primitive_lists_keep_step_with_their_twins(self):
        """Removing one canonical removes its twin's entry and leaves the other's."""
        text = '{"resourceType":"CarePlan","instantiatesUri":["a","b"],"_instantiatesUri":[{"id":"A"},{"id":"B"}]}'
        docs = Docs("R4", {"CarePlan/1": parse(text.encode())})
        after, _ = edit(docs, lambda p: replace(p, protocol_links=p.protocol_links[1:]), "CarePlan/1")
        assert after == '{"resourceType":"CarePlan","instantiatesUri":["b"],"_instantiatesUri":[{"id":"B"}]}'


class TestExtension:
    def test_the_own_words_stand_beside_strangers_extensions(self):
        """Setting and clearing originalText leaves the other extensions as they were."""
        docs = goal('{"resourceType":"Goal","extension":[{"url":"s","valueCode":"k"}]}')
        said = v.Text(text="गाणे", lang=v.Code("mr"), said_by="Asha")
        after, _ = edit(docs, lambda g: replace(g, own_words=said))
        assert '{"url":"s","valueCode":"k"},{"url":"http://hl7.org/fhir/StructureDefinition/originalText"' in after
        there = goal(after)
        assert read(there, "Goal/1").value.own_words == said
        assert edit(there, lambda g: replace(g, own_words=None))[0] == dump(docs["Goal/1"]).decode()

    def test_two_of_what_should_be_one_are_opaque(self):
        """No first match."""
        one = '{"url":"http://hl7.org/fhir/StructureDefinition/originalText","valueString":"a"}'
        assert read(goal(f'{{"resourceType":"Goal","extension":[{one},{one}]}}'), "Goal/1").value.own_words is None


PLAN = (
    '{"resourceType":"CarePlan","contained":[{"resourceType":"ServiceRequest","id":"r","status":"draft"}],'
    '"goal":[{"reference":"Goal/7"}],"activity":[{"reference":{"reference":"#r"}},{"detail":{"status":"scheduled"}}]}'
)


class TestMembers:
    docs = Docs(
        "R4",
        {"CarePlan/1": parse(PLAN.encode()), "Goal/7": parse(b'{"resourceType":"Goal","id":"7","statusReason":"x"}')},
    )

    def test_three_ways_are_one_therapy(self):
        """Contained and detail read alike; the linked goal comes with its value."""
        plan = read(self.docs, "CarePlan/1").value
        assert [str(a.therapy.value.status) for a in plan.activities] == ["not-started", "scheduled"]
        assert plan.goals[0].value == Goal(lifecycle_reason="x")

    def test_an_edit_of_a_member_changes_that_document_only(self):
        """The plan's own bytes stay when only its goal changed."""
        plan = read(self.docs, "CarePlan/1").value
        member = replace(plan.goals[0], value=Goal(lifecycle_reason="y"))
        out = write(self.docs, "CarePlan/1", was=plan, now=replace(plan, goals=(member,)))
        assert dict(out) == {"Goal/7": {"resourceType": "Goal", "id": "7", "statusReason": "y"}}

    def test_removal_unlinks(self):
        """The goal is no longer named; its document is not touched."""
        plan = read(self.docs, "CarePlan/1").value
        out = write(self.docs, "CarePlan/1", was=plan, now=replace(plan, goals=()))
        assert list(out) == ["CarePlan/1"]
        assert "goal" not in out["CarePlan/1"]

    def test_a_contained_request_that_nothing_names_any_more_goes(self):
        """dom-3: a contained resource is referred to from its container."""
        plan = read(self.docs, "CarePlan/1").value
        out = write(self.docs, "CarePlan/1", was=plan, now=replace(plan, activities=plan.activities[1:]))
        assert "contained" not in out["CarePlan/1"]

    def test_a_new_therapy_has_the_same_id_on_a_retry(self):
        """Two writes of the same edit make one document, not two."""
        plan = read(self.docs, "CarePlan/1").value
        from mappings.model import Activity, Therapy

        new = Activity(therapy=v.Member(value=Therapy(words="family therapy")))
        now = replace(plan, activities=(*plan.activities, new))
        first = write(self.docs, "CarePlan/1", was=plan, now=now)
        assert dict(first) == dict(write(self.docs, "CarePlan/1", was=plan, now=now))
        assert any(ref.startswith("ServiceRequest/") for ref in first)

    def test_one_record_with_two_values_is_refused(self):
        """A plan that contradicts itself is an Issue, not a coin toss."""
        plan = read(self.docs, "CarePlan/1").value
        twice = tuple(replace(plan.goals[0], value=Goal(lifecycle_reason=w)) for w in ("a", "b"))
        with pytest.raises(Refused):
            write(self.docs, "CarePlan/1", was=plan, now=replace(plan, goals=twice))

    def test_a_referenced_member_is_not_edited_through_the_plan(self):
        """A response that the plan only refers to is edited where it stands."""
        docs = Docs(
            "R4",
            {
                "CarePlan/1": parse(
                    b'{"resourceType":"CarePlan","supportingInfo":[{"reference":"QuestionnaireResponse/2"}]}'
                ),
                "QuestionnaireResponse/2": parse(b'{"resourceType":"QuestionnaireResponse","status":"completed"}'),
            },
        )
        plan = read(docs, "CarePlan/1").value
        [member] = plan.evidence
        edited = replace(member, value=replace(member.value, status=v.Code("amended")))
        with pytest.raises(Refused) as caught:
            write(docs, "CarePlan/1", was=plan, now=replace(plan, evidence=(edited,)))
        assert caught.value.issue.rule == "write/referenced-member"


class TestNarrative:
    TEXT = '"text":{"status":"%s","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">old</div>"}'

    def test_a_generated_one_is_made_anew(self):
        """A stale narrative is dangerous: it says what is understood in words, the rest as path and value."""
        docs = goal('{"resourceType":"Goal",' + self.TEXT % "generated" + ',"statusReason":"x","implicitRules":"en"}')
        after, said = edit(docs, lambda g: replace(g, lifecycle_reason="<moved> & well"))
        assert "Lifecycle reason: &lt;moved&gt; &amp; well" in after
        assert "Goal.implicitRules: en" in after
        assert said == ["dependent/narrative"]

    def test_it_says_who_is_meant_and_not_where_they_lie(self):
        """An id is right on one server only, and nobody rewrites prose on the way to the next."""
        setter = '"expressedBy":{"reference":"http://a.example/Practitioner/9","display":"Dr. A"}'
        lies = '"subject":{"reference":"Patient/p-77"},' + setter
        docs = goal('{"resourceType":"Goal",' + self.TEXT % "generated" + "," + lies + ',"statusReason":"x"}')
        after, _ = edit(docs, lambda g: replace(g, lifecycle_reason="y"))
        div = after[after.index("<div") : after.index("</div>")]
        assert ("Person: Patient<" in div, "Set by: Dr. A<" in div) == (True, True)
        assert not re.search("p-77|a[.]example", div)

    def test_a_written_one_is_kept_and_flagged(self):
        """Somebody's words are not replaced by ours."""
        docs = goal('{"resourceType":"Goal",' + self.TEXT % "additional" + ',"statusReason":"x"}')
        after, said = edit(docs, lambda g: replace(g, lifecycle_reason="y"))
        assert ">old<" in after
        assert said == ["write/narrative-kept"]


def test_refusals_name_their_place():
    """A refusal carries the FHIRPath of what was being written."""
    desk = Desk(Docs("R4", {}), "Goal/1")
    desk.path += ["target", "[2]", "due"]
    assert desk.refuse("t", "f").issue.path == "Goal.target[2].due"
