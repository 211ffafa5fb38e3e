"""The main job from end to end: two sides that know two people, a plan that goes over, edits on both sides, the books.

Every claim is looked up on both sides over HTTP after the step that makes it.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from adapter.cli.demo.door import Door, NoAnswer
from adapter.cli.demo.houses import SANDBOX, TOKEN_FROM, Houses
from adapter.cli.demo.likeness import differing, extension_urls
from adapter.cli.demo.teller import Stopped, Teller
from adapter.sync.scope import CARRIED
from mappings.terms.systems import LOCAL

EHR = "sandbox"
CREATED = tuple(name for name, row in CARRIED.items() if row.created)
"""Types of which sync creates records; a Patient is recognised, never made."""
SYNCED = ("Patient", *CREATED)

# fmt: off
# what            here                       the person there
MERGES, ASHA   = "asha-goal-singing",       "p-1001"
CLASHES, MARCUS = "marcus-goal-field",      "p-1002"
# fmt: on
PEOPLE = {"asha": ASHA, "marcus": MARCUS}
RECORDS = f"{LOCAL}local/record"
WEDDING, NOTE = "2026-02-14", "She hummed a verse while we took her blood."
OUR_DATE, THEIR_DATE = "2026-06-30", "2026-09-15"
ALT = {  # a liver value, as is checked under naltrexone: https://loinc.org/1742-6
    "resourceType": "Observation",
    "status": "final",
    "category": [
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}
    ],
    "code": {"coding": [{"system": "http://loinc.org", "code": "1742-6"}], "text": "ALT"},
    "subject": {"reference": f"Patient/{ASHA}"},
    "effectiveDateTime": "2025-11-20",
    "valueQuantity": {"value": 31, "unit": "U/L", "system": "http://unitsofmeasure.org", "code": "U/L"},
}


class Story:
    """The demo's steps, in their order."""

    def __init__(self, both: Houses, teller: Teller) -> None:
        self.both, self.teller = both, teller
        self.sent = 0

    def run(self) -> None:
        """Tell it from beginning to end. Raises Stopped where it cannot go on."""
        self.teller.title("Planbridge demo", "everybody here is made up, and nothing leaves this machine")
        try:
            for step in (
                self.two_sides, self.who_may_have_what, self.look_first, self.apply, self.both_go_on, self.meet_again,
                self.nothing_to_do, self.books,
            ):  # fmt: skip
                step()
        except NoAnswer as error:
            raise Stopped(str(error)) from None
        except (LookupError, TypeError, AttributeError) as error:  # whoever answers otherwise than expected
            raise Stopped(f"an answer does not have the expected form ({type(error).__name__}: {error})") from None

    # ---- the steps

    def two_sides(self) -> None:
        """Load the made-up people on our side; there, the two are known by identifier and nothing else."""
        tell, both = self.teller, self.both
        tell.step("Two sides that have never exchanged a record")
        tell.say(f"Commands stand here as you would type them; they run with --config {both.settings}")
        folders = sorted(both.fixtures.glob("*/r4"))
        self.planbridge("load", *map(str, folders), shown=("load", "fixtures"))
        for name, there in PEOPLE.items():
            person = both.ours.read(f"Patient/{name}")
            if person is None:
                raise Stopped(f"Patient/{name} is not among the fixtures")
            known = {key: person[key] for key in ("resourceType", "identifier", "birthDate", "gender")}
            self._put(both.theirs, {**known, "id": there, "name": person["name"][:1]})
        tell.table(
            ("", "address", "holds"),
            [
                ("the programme", both.ours.address, _held(both.ours)),
                ("a sandbox EHR", both.theirs.address, _held(both.theirs)),
            ],
        )
        alone = _count(both.theirs) == Counter({"Patient": 2})
        tell.claim("the sandbox EHR knows Asha and Marcus by identifier, and has not a word of their plans", alone)

    def who_may_have_what(self) -> None:
        """Connect the EHR; nobody outside the programme reads what no consent gives them."""
        tell, both = self.teller, self.both
        tell.step("Who may have what")
        connect = ("ehr", "add", EHR, f"{both.theirs.address}/fhir/R4")
        whose = ("--relation", "other", "--organization", SANDBOX, "--purpose", "TREAT", "--token-env", TOKEN_FROM)
        self.planbridge(*connect, *whose)
        people = [both.ours.read(f"Patient/{name}")["identifier"][0] for name in PEOPLE]
        self.planbridge("roster", "add", "--ehr", EHR, *(f"{one['system']}|{one['value']}" for one in people))
        listed = json.loads(self.planbridge("consent", "list", "--json", shown=("consent", "list")))["consents"]
        tell.table(
            ("person", "today", "to whom", "for what"),
            [
                (one["person"], one["today"], _last_words(one["recipients"]), _last_words(one["purposes"]))
                for one in listed
            ],
        )
        goal = both.as_sandbox.read(f"Goal/{CLASHES}")
        tell.claim("the sandbox EHR, which Marcus's consent names, may read his goal at the gateway", goal is not None)
        answer = both.as_stranger.ask("GET", f"/fhir/R4/Goal/{CLASHES}")
        told = "the clinic of Marcus's employer has a token but no consent names it: it is told 'not found'"
        tell.claim(told, answer.status == 404, f"it was told {answer.status}")

    def look_first(self) -> None:
        """Plan: what would be done, without doing it."""
        tell, before = self.teller, _count(self.both.theirs)
        tell.step("Plan: look before anything is written")
        plan = self.sync("plan")
        self.run_number = plan["run"]
        planned = Counter((one["type"], one["verb"]) for one in plan["actions"] if one["state"] == "planned")
        tell.table(("", "to do", "records"), [(kind, verb, str(n)) for (kind, verb), n in planned.items()])
        tell.claim("the sandbox EHR was only asked: it holds what it held before", _count(self.both.theirs) == before)

    def apply(self) -> None:
        """Do exactly what was planned, and compare the two sides from outside."""
        tell, both = self.teller, self.both
        tell.step("Apply: exactly that plan")
        done = self.sync("apply", "--plan", str(self.run_number))
        self.sent = sum(one["verb"] == "create" and one["state"] == "done" for one in done["actions"])
        tell.say(_sentence(done))
        there = [record for kind in CREATED for record in both.theirs.every(kind)]
        here = [record for kind in CREATED for record in both.as_sandbox.every(kind)]
        apart = differing(here, there)
        arrived = f"{len(there)} records arrived, once each, and say what they say here"
        tell.claim(arrived, not apart and len(there) == self.sent, f"differing: {dict(apart)}")
        kept_here = extension_urls(both.ours.read("Patient/marcus")) | extension_urls(both.ours.read(f"Goal/{MERGES}"))
        local = {url for record in there for url in extension_urls(record) if url.startswith(LOCAL)}
        tell.claim(
            "what only the programme has words for (how to reach him safely, who said it) did not go along",
            not local and any(url.startswith(LOCAL) for url in kept_here),
            str(local),
        )

    def both_go_on(self) -> None:
        """Edit on both sides: one goal in two places, one goal in the same place, and something new there."""
        tell = self.teller
        tell.step("Both sides go on working")
        self._date_here(MERGES, -2, WEDDING)
        self._edit_there(MERGES, lambda goal: goal.setdefault("note", []).append({"text": NOTE}))
        self._date_here(CLASHES, 0, OUR_DATE)
        self._edit_there(CLASHES, lambda goal: goal["target"][0].update(dueDate=THEIR_DATE))
        new = self.both.theirs.ask("POST", "/fhir/R4/Observation", ALT)
        tell.table(
            ("", "the programme, in its own words", "the sandbox EHR, in FHIR"),
            [
                ("Asha's wedding song", f"the wedding has a date: {WEDDING}", "a nurse adds a note"),
                ("Marcus's field", f"moves the date to {OUR_DATE}", f"moves the same date to {THEIR_DATE}"),
                ("a liver value", "-", "writes down Asha's ALT"),
            ],
        )
        ours, theirs = self._goal(MERGES)
        apart = _due(ours, -2) == WEDDING and _due(theirs, -2) != WEDDING and NOTE in _notes(theirs)
        tell.claim("each side has its own edits and not the other's", apart and new.status == 201)

    def meet_again(self) -> None:
        """Sync again: what can be merged is, what cannot waits for a person."""
        tell, both = self.teller, self.both
        tell.step("Sync: what fits together is merged, what does not waits for a person")
        untouched = self._versions(besides=(MERGES,))
        plan = self.sync("plan")
        self.sync("apply", "--plan", str(plan["run"]))
        tell.table(
            ("", "record", "what changed", "why"),
            [(one["verb"], f"{one['type']}/{_brief(one)}", _changes(one), one["text"]) for one in plan["actions"]],
        )
        ours, theirs = self._goal(MERGES)
        both_edits = all(_due(goal, -2) == WEDDING and NOTE in _notes(goal) for goal in (ours, theirs))
        tell.claim("Asha's goal has the date and the note, on both sides", both_edits)
        ours, theirs = self._goal(CLASHES)
        left = (_due(ours, 0), _due(theirs, 0)) == (OUR_DATE, THEIR_DATE)
        tell.claim(f"Marcus's date was left as it is on each side: {OUR_DATE} here, {THEIR_DATE} there", left)
        listed = json.loads(self.planbridge("sync", "conflicts", EHR, "list", "--json", codes=(1,)))["conflicts"]
        tell.claim("his goal is the one conflict that waits", [one["local_id"] for one in listed] == [CLASHES])
        arrived = [one for one in both.ours.every("Observation") if one.get("effectiveDateTime") == "2025-11-20"]
        about = [one["subject"]["reference"] for one in arrived]
        tell.claim("her liver value is in the programme's store now, about our Asha", about == ["Patient/asha"])
        now = self._versions(besides=(MERGES,))
        tell.claim("nothing else was touched on either side", untouched.items() <= now.items())

    def nothing_to_do(self) -> None:
        """A second run with nothing new writes nothing anywhere."""
        self.teller.step("Sync once more: nothing is left to do")
        before = self._versions()
        done = self.sync("apply")
        self.teller.say(_sentence(done))
        self.teller.claim("not one version was made on either side", self._versions() == before)

    def books(self) -> None:
        """Show the books and count again from outside."""
        tell, both = self.teller, self.both
        tell.step("The books")
        status = json.loads(self.planbridge("sync", "status", EHR, "--json", codes=(1,)))
        runs = [run for run in reversed(status["runs"]) if run["state"] == "done"]
        sides = [(run, side, run["books"][side]) for run in runs for side in ("pull", "push")]
        tell.table(
            ("run", "", "looked at", "outcomes"),
            [(str(run["run"]), side, str(of["eligible"]), " + ".join(_outcomes(of))) for run, side, of in sides],
        )
        balanced = all(sum(of.values()) == 2 * of["eligible"] for _, _, of in sides)
        tell.claim("every record that a run looked at has one outcome: the books balance", balanced and len(runs) == 3)
        there = sum(_count(both.theirs).values())
        linked = status["links"].get("linked")
        counted = f"counted from outside: {there} records at the sandbox EHR, {linked} linked here"
        tell.claim(counted, there == linked == self.sent + len(PEOPLE) + 1)

    def addresses(self) -> None:
        """Say where to look, and how the conflict is settled."""
        tell, both = self.teller, self.both
        tell.title("It keeps serving.", "Ctrl-C ends it")
        tell.address("look at it", f"{both.ours.address}/")
        tell.address("the sandbox EHR", f"{both.theirs.address}/")
        tell.address("FHIR", f"{both.ours.address}/fhir/R4")
        tell.address("plans, our words", f"{both.ours.address}/api/plans")
        tell.address("token", both.ours.token)
        tell.title("Settle the conflict", "in another terminal, in this folder")
        tell.line(f"export {TOKEN_FROM}={both.theirs.token}")
        for words in (f"conflicts {EHR} show 1", f"conflicts {EHR} resolve 1 --theirs", f"apply {EHR}"):
            tell.line(f"{both.command} sync {words}")

    # ---- how it is done

    def planbridge(self, *words: str, shown: tuple[str, ...] = (), codes: tuple[int, ...] = (0,)) -> str:
        """Call a command as a user would, show it, and return what it printed. Raises Stopped where it fails."""
        from adapter.cli import main

        self.teller.command(("planbridge", *(shown or [word for word in words if word != "--json"])))
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(["--config", str(self.both.settings), *words])
        if code not in codes:
            said = (err.getvalue() or out.getvalue()).strip()[-500:]
            raise Stopped(f"planbridge {' '.join(words[:2])} ended with exit code {code}: {said}")
        return out.getvalue()

    def sync(self, verb: str, *words: str) -> Any:
        """Plan or apply; 1 says that something waits for a person, which is no failure."""
        return json.loads(self.planbridge("sync", verb, EHR, *words, "--json", codes=(0, 1)))

    def _date_here(self, goal: str, target: int, due: str) -> None:
        """Set the date of a goal's target at our gateway, in native JSON, over the version that was read."""
        found = self.both.ours.ask("GET", f"/api/goals/{goal}")
        if found.status != 200:
            raise Stopped(f"the gateway does not give the goal in native JSON ({found.status})")
        found.body["targets"][target]["due"] = {"date": due}
        done = self.both.ours.ask("PUT", f"/api/goals/{goal}", found.body, If_Match=found.etag)
        if done.status not in (200, 204):
            raise Stopped(f"the gateway does not take the goal in native JSON ({done.status})")

    def _edit_there(self, goal: str, edit: Any) -> None:
        """Change a record at the sandbox EHR by hand, in FHIR."""
        found = self._there(goal)
        edit(found)
        self._put(self.both.theirs, found)

    @staticmethod
    def _put(door: Door, record: Any) -> None:
        done = door.ask("PUT", f"/fhir/R4/{record['resourceType']}/{record['id']}", record)
        if done.status not in (200, 201):
            raise Stopped(f"a {record['resourceType']} could not be written at {door.address} ({done.status})")

    def _goal(self, goal: str) -> tuple[Any, Any]:
        """Return a goal as it is here and there."""
        return self.both.ours.read(f"Goal/{goal}"), self._there(goal)

    def _there(self, goal: str) -> Any:
        """Return a goal as it is at the sandbox EHR, found by the number that the programme gave it."""
        found = self.both.theirs.ask("GET", f"/fhir/R4/Goal?identifier={RECORDS}%7C{goal}")
        [entry] = found.body["entry"]
        return entry["resource"]

    def _versions(self, besides: tuple[str, ...] = ()) -> dict[str, str]:
        """Return every record of both sides with its version, but for those goals."""
        left_out = {f"Goal/{goal['id']}" for name in besides for goal in self._goal(name)}
        return {
            f"{door.address}/{reference}": record["meta"]["versionId"]
            for door in (self.both.ours, self.both.theirs)
            for kind in SYNCED
            for record in door.every(kind)
            if (reference := f"{kind}/{record['id']}") not in left_out
        }


# ---- in words


def _count(door: Door) -> Counter[str]:
    return Counter(kind for kind in SYNCED for _ in door.every(kind))


def _held(door: Door) -> str:
    counts = _count(door)
    return f"{sum(counts.values())} records: " + ", ".join(f"{n} {kind}" for kind, n in counts.items())


def _last_words(uris: list[str]) -> str:
    return ", ".join(uri.rpartition("|")[2] for uri in uris)


def _outcomes(books: dict[str, int]) -> list[str]:
    return [f"{n} {name.replace('-', ' ')}" for name, n in books.items() if n and name != "eligible"]


def _sentence(done: Any) -> str:
    return "; ".join(f"{side}: {', '.join(_outcomes(done['books'][side])) or 'nothing'}" for side in ("pull", "push"))


def _brief(action: Any) -> str:
    name = str(action["local_id"] or action["remote_id"])
    return name if len(name) < 30 else f"{name[:8]}…"


def _changes(action: Any) -> str:
    return ", ".join(f"{change['kind']} {change['path']}" for change in action["changes"])


def _due(goal: Any, target: int) -> str:
    return str(goal["target"][target].get("dueDate", ""))


def _notes(goal: Any) -> list[str]:
    return [note["text"] for note in goal.get("note", [])]
