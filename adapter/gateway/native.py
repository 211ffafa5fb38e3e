"""The records in the programme's own words: `/api/plans`, `/api/goals`, `/api/assessments`, `/api/instruments`.

    GET  /api/plans?person=Patient/7      plans, without their members' values; `next` is the following page
    GET  /api/plans/{id}                  one plan with its members' values, under one ETag over all of them
    PUT  /api/plans/{id}   If-Match       the difference is written, in one transaction (428 without If-Match)
    POST /api/plans                       a new plan, its new members with it

Errors are problem+json (RFC 9457), all at once, each with its path in the JSON that was sent. Only the programme
writes here; a partner writes FHIR. What is read passes the gate like any reading.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Flask, Response, request

from adapter.disclosure.gate import Released, release
from adapter.disclosure.recorder import Recorder
from adapter.disclosure.releases import put_into, said_in, stored
from adapter.gateway.aggregate import about, docs_of, etag_of, gathered, named_in
from adapter.gateway.asking import Asking, asking, read_json
from adapter.gateway.guard import gone
from adapter.gateway.negotiate import JSON, check_content_type, versions
from adapter.gateway.outcome import Refusal, not_found, refusal
from adapter.gateway.who import Tokens
from adapter.store import Criteria, Document, Store, Transaction
from adapter.store.documents import Born
from adapter.store.index import ID
from mappings import native
from mappings.check import BASE, Finding, check
from mappings.check.native import read_native
from mappings.check.native_rules import contradictions, issue_of
from mappings.issues import Issue
from mappings.lens.documents import Docs, Refused
from mappings.model import Plan
from mappings.model.plan import completed
from mappings.translate import read, write
from mappings.tree import Tree, dump, parse

# fmt: off
ENTITIES = {
    # path           resource type             entity
    "plans":        ("CarePlan",              "Plan"),
    "goals":        ("Goal",                  "Goal"),
    "assessments":  ("QuestionnaireResponse", "Assessment"),
    "instruments":  ("Questionnaire",         "Instrument"),
}
# fmt: on
PAGE = 50


class Native:
    """The views, over one store. `new_id` gives ids of created records."""

    def __init__(self, store: Store, recorder: Recorder, tokens: Tokens, *, new_id: Callable[[], str]) -> None:
        self.store, self.recorder, self.tokens, self.new_id = store, recorder, tokens, new_id

    def register(self, app: Flask) -> None:
        """Add the routes, made from the table of entities."""
        rule = partial(app.add_url_rule, provide_automatic_options=False)
        for path, (kind, _) in ENTITIES.items():
            for method, address, view in (
                ("GET", f"/api/{path}", self.list),
                ("POST", f"/api/{path}", self.create),
                ("GET", f"/api/{path}/<id>", self.read),
                ("PUT", f"/api/{path}/<id>", self.update),
            ):
                rule(address, endpoint=f"{method} {address}", view_func=self._asked(view, kind), methods=[method])

    def _asked(self, view: Callable[..., Response], kind: str) -> Callable[..., Response]:
        @wraps(view)
        def asked(**path: str) -> Response:
            who = asking(request, self.tokens)
            if "id" in path and not ID.fullmatch(path["id"]):
                raise refusal(400, "value", "an id has 1 to 64 letters, digits, hyphens and points")
            if request.method in ("POST", "PUT") and who.actor.kind != "programme":
                raise refusal(403, "forbidden", "only the programme writes here", "A partner writes to /fhir/R4.")
            return view(who, kind, **path)

        return asked

    # ---- reading

    def read(self, who: Asking, kind: str, id: str) -> Response:  # noqa: A002 - FHIR's word
        """One record with its members' values."""
        with self.store.read() as tx:
            documents = gathered(tx, _found(tx.documents.get(kind, id)))
            return self._told(tx, who, documents, recorder=self.recorder)

    def list(self, who: Asking, kind: str) -> Response:
        """A page of records, members by name only."""
        wanted, after = request.args.get("person", ""), request.args.get("_page", "")
        unknown = set(request.args) - {"person", "_page"}
        if unknown or (wanted and kind == "Questionnaire"):
            raise refusal(400, "value", "there is no such parameter", "Known are person=Patient/ID and _page.")
        person = who.actor.person if who.actor.kind == "person" else wanted
        pairs = [("patient", person)] if person and kind != "Questionnaire" else []
        if wanted and person != wanted:
            raise not_found()
        with self.store.read() as tx:
            page = tx.documents.search(kind, Criteria.parse(kind, pairs), after=after or None, count=PAGE)
            released = self._released(tx, who, page.documents, self.recorder)
        items = [_said(Docs("R4", {f"{one.type}/{one.id}": parse(one.body)}), one.type, one.id)
                 for one in released.documents if one.body]  # fmt: skip
        found: dict[str, Any] = {"items": [item for item in items if item is not None]}
        if page.next:
            query = urlencode([*([("person", wanted)] if wanted else []), ("_page", page.next)])
            found["next"] = f"{request.path}?{query}"
        return Response(orjson.dumps(found), content_type=JSON)

    # ---- writing

    def create(self, who: Asking, kind: str) -> Response:
        """A new record and, of a plan, its new members."""
        value, wrong = _sent(kind)
        if wrong:
            raise Refusal(422, wrong)
        ref = f"{kind}/{self.new_id()}"
        with self.store.write() as tx:
            named = _living(tx, named_in(value))
            self._write(tx, named, ref, None, value)
            documents = gathered(tx, _found(tx.documents.get(*ref.split("/"))))
            answer = self._told(tx, who, documents, status=201)
        answer.headers["Location"] = f"{request.host_url.rstrip('/')}{request.path.rstrip('/')}/{ref.split('/')[1]}"
        return answer

    def update(self, who: Asking, kind: str, id: str) -> Response:  # noqa: A002
        """The difference between what is stored and what was sent, in all documents of the aggregate at once."""
        seen = who.header("IF_MATCH")
        if seen is None:
            raise refusal(428, "required", "a change has to say what it was made on", "Send If-Match with the ETag.")
        value, wrong = _sent(kind)
        with self.store.write() as tx:
            root = _found(tx.documents.get(kind, id))
            documents = gathered(tx, root)
            if not {etag_of(documents)[3:-1], "*"} & versions(seen):
                raise refusal(412, "conflict", "somebody else wrote first", "Read it again, put your change on that.")
            was = read(docs_of(documents), root.reference)
            if was.value is None:
                raise Refusal(409, was.unread)
            before = {(rule.id, issue_of(rule, at).path) for rule, at in contradictions(was.value)}
            if new := [one for one in wrong if (one.rule, one.path) not in before]:
                raise Refusal(422, new)
            self._write(tx, documents | _living(tx, named_in(value)), root.reference, was.value, value)
            return self._told(tx, who, gathered(tx, _found(tx.documents.get(kind, id))))

    def _write(self, tx: Transaction, documents: Mapping[str, Document], root: str, was: Any, now: Any) -> None:
        docs = docs_of(documents)
        complete = partial(completed, plan=now) if isinstance(now, Plan) else _as_it_is
        try:
            out = write(docs, root, was=was, now=now, complete=complete)
        except Refused as refused:
            raise Refusal(422, (refused.issue,)) from None
        for ref, tree in out.items():
            kind, _, name = ref.partition("/")
            old = documents.get(ref)
            if old is not None and old.flag:
                raise refusal(409, "conflict", "the record came from an EHR and is not valid FHIR; it is kept as it is")
            if not ID.fullmatch(name):
                raise refusal(422, "value", "a new member's id has 1 to 64 letters, digits, hyphens and points")
            if ref != root and old is not None and old.subject != about(now):
                raise refusal(422, "business-rule", "a member about another person is not edited through this plan")
            _require_no_worse(docs.get(ref), tree)
            to = put_into(old, stored, "R4", tree)
            born: Born = old.born if old is not None else "native"  # type: ignore[assignment]
            seen = old.version if old else 0
            tx.documents.put(kind, name, dump(to.tree), tree=to.tree, release=to.release, born=born, expected=seen)

    # ---- answering

    def _released(
        self, tx: Transaction, who: Asking, documents: Any, recorder: Recorder | None, channel: str = "native-read"
    ) -> Released:
        record = recorder.record if recorder else None
        now, in_r4 = self.store.now(), said_in("R4")
        return release(tx, who.actor, who.purpose, documents, channel=channel, now=now, record=record, as_sent=in_r4)

    def _told(
        self,
        tx: Transaction,
        who: Asking,
        documents: Mapping[str, Document],
        *,
        recorder: Recorder | None = None,
        status: int = 200,
    ) -> Response:
        """Answer with a record as the gate lets it be seen; the ETag is that of the whole aggregate."""
        root = next(iter(documents.values()))
        readable = [one for one in documents.values() if one.flag != "unfaithful"]
        released = self._released(tx, who, readable, recorder)
        trees = {f"{one.type}/{one.id}": parse(one.body) for one in released.documents}
        if root.reference not in trees:
            raise not_found()
        said = _said(Docs("R4", trees), root.type, root.id)
        if said is None:
            raise refusal(409, "not-supported", "the record must not be interpreted; it can be read at /fhir/R4")
        etag = etag_of(documents)
        if request.method == "GET" and etag[3:-1] in versions(who.header("IF_NONE_MATCH") or 'W/""'):
            return Response(status=304, headers={"ETag": etag})
        return Response(orjson.dumps(said), status, content_type=JSON, headers={"ETag": etag})


def _said(docs: Docs, kind: str, name: str) -> dict[str, Any] | None:
    found = read(docs, f"{kind}/{name}")
    return None if found.value is None else {"id": name, **native.dump(found.value)}


def _as_it_is(value: Any) -> Any:
    return value


def _found(document: Document | None) -> Document:
    if document is None:
        raise not_found()
    if document.deleted:
        raise gone()
    return document


def _living(tx: Transaction, names: set[tuple[str, str]]) -> dict[str, Document]:
    found = (tx.documents.get(*name) for name in sorted(names))
    return {one.reference: one for one in found if one is not None and not one.deleted}


def _sent(kind: str) -> tuple[Any, list[Issue]]:
    """Return the native value of a body, and where it contradicts itself. Raises Refusal (400, 415, 422)."""
    check_content_type(request.content_type or "", request.headers.get("Content-Encoding", ""), types=(JSON,))
    entity = next(name for type_, name in ENTITIES.values() if type_ == kind)
    value, issues = read_native(read_json(request.get_data(cache=False)), entity)
    if value is None:
        raise Refusal(422, issues)
    return value, [one for one in issues if one.severity == "error"]


def _require_no_worse(before: Tree, after: Tree) -> None:
    """Let a write pass that breaks no rule which was not broken before: an EHR's slip must not bar a plan's edits."""
    known = _errors(before) if before is not None else []
    found = _errors(after)
    often = Counter(one.rule for one in found) - Counter(one.rule for one in known)  # what moved was there before
    places = {(one.rule, one.path) for one in known}
    new = [one for one in found if one.rule in often and (one.rule, one.path) not in places]
    if new:
        raise Refusal(422, new)


def _errors(tree: Tree) -> list[Finding]:
    return [one for one in check(tree, levels=BASE) if one.severity in ("error", "fatal")]
