"""The records as FHIR: `/fhir/R4`, `/fhir/R5`. Each view decides nothing itself: it reads, asks the gate, and answers.

https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from urllib.parse import urlencode

from flask import Flask, Response, request

from adapter.disclosure.gate import Released, View, release
from adapter.disclosure.recorder import Recorder
from adapter.disclosure.releases import put_into, said_in, sayable
from adapter.gateway import guard
from adapter.gateway.answers import Link, history, json_answer, record_answer, searchset, total
from adapter.gateway.asking import Asking, asking, judged, require_valid, sent
from adapter.gateway.capabilities import INTERACTIONS, OPERATIONS, TYPES, Interaction, Operation, statement
from adapter.gateway.negotiate import check_content_type, media_type, stale, versions
from adapter.gateway.outcome import not_found, outcome, refusal, warning
from adapter.gateway.releases import BASES
from adapter.gateway.who import Tokens
from adapter.store import Criteria, Document, Store, Transaction, supported
from adapter.store.index import ID
from mappings.issues import Issue
from mappings.tree import dump

PAGE, MOST = 50, 500
"""Records of a page where `_count` is not given, and at most."""

MOST_WARNINGS = 20
"""Headers that an answer bears at most; the outcome has them all."""

DONE = Issue("", "informational", "the record is written", severity="information")
SOUND = Issue("", "informational", "nothing was found", severity="information")


class FHIR:
    """The views of one release, over one store. `new_id` gives ids of created records."""

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        tokens: Tokens,
        release: str,
        *,
        version: str,
        require_if_match: bool,
        new_id: Callable[[], str],
    ) -> None:
        self.store, self.recorder, self.tokens = store, recorder, tokens
        self.release, self.path, self.said = release, BASES[release], said_in(release)
        self.version, self.require_if_match, self.new_id = version, require_if_match, new_id

    def register(self, app: Flask) -> None:
        """Add the routes, made from the table that `/metadata` is made from."""
        rule = partial(app.add_url_rule, provide_automatic_options=False)
        rule(f"{self.path}/metadata", f"metadata {self.release}", self.metadata, methods=["GET"])
        served: tuple[Interaction | Operation, ...] = (*INTERACTIONS, *OPERATIONS)
        for each in served:
            view = self._asked(getattr(self, each.view))
            rule(self.path + each.path, f"{each.method} {self.path}{each.path}", view, methods=[each.method])

    def _asked(self, view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def asked(kind: str, **path: str) -> Response:
            who = asking(request, self.tokens, self.release)
            if kind not in _TYPES and not (kind == "Bundle" and request.path.endswith("/$validate")):
                raise refusal(404, "not-supported", "this resource type is not served here; see /metadata")
            if "id" in path and not _addressable(path["id"]):
                if path["id"].startswith(("$", "_")):
                    raise refusal(404, "not-supported", "this interaction is not served here; see /metadata")
                raise refusal(400, "value", "an id has 1 to 64 letters, digits, hyphens and points")
            return view(who, kind, **path)

        return asked

    # ---- reading

    def metadata(self) -> Response:
        """What the gateway does; for everybody."""
        media = media_type(request.headers.get("Accept", ""), request.args.get("_format", ""), self.release)
        about = statement(self._base(), self.version, require_if_match=self.require_if_match, release=self.release)
        return json_answer(about, 200, media)

    def read(self, who: Asking, kind: str, id: str) -> Response:  # noqa: A002 - FHIR's word
        """The newest version of a record."""
        with self.store.read() as tx:
            document = tx.documents.get(kind, id)
            if document and not who.actor.outsider and _unchanged(document, who):
                return Response(status=304, headers=[("ETag", f'W/"{document.version}"')])
            released = self._released(tx, who, [document] if document else [], "fhir-read")
        return _one(released, who)

    def vread(self, who: Asking, kind: str, id: str, version: str) -> Response:  # noqa: A002
        """One version of a record."""
        number = int(version) if re.fullmatch(r"[1-9]\d{0,8}", version, re.ASCII) else 0
        with self.store.read() as tx:
            document = tx.documents.version(kind, id, number) if number else None
            released = self._released(tx, who, [document] if document else [], "fhir-read")
        return _one(released, who)

    def history(self, who: Asking, kind: str, id: str) -> Response:  # noqa: A002
        """The versions of a record, newest first."""
        pairs = _pairs()
        count, below, _ = _controls(pairs, "_count", "_before", "_format")
        last = int(below) if re.fullmatch(r"\d{1,9}", below, re.ASCII) else 10**9
        size = _count(count) or PAGE
        with self.store.read() as tx:
            every = tx.documents.history(kind, id)
            older = [document for document in every if document.version < last]
            released = self._released(tx, who, older[:size], "fhir-history")
        if not released.documents:
            raise not_found()
        here, size_is = f"{self._base()}/{kind}/{id}/_history", [("_count", str(size))] if count else []
        links = [("self", _address(here, size_is))]
        if len(older) > size:
            links.append(("next", _address(here, [*size_is, ("_before", str(older[size - 1].version))])))
        return history(released, self._base(), links, who.media)

    def search(self, who: Asking, kind: str) -> Response:
        """A page of the records that meet every parameter, as far as this client may read them."""
        pairs = _pairs()
        used, ignored = _sorted(kind, pairs)
        strict = who.prefers("handling") == "strict"
        issues = [Issue("", "not-supported", f"ignored: {name}", severity="warning") for name in ignored]
        if strict and ignored:
            raise refusal(400, "not-supported", f"not a search parameter of {kind}: {', '.join(ignored)}")
        count, after, _ = _controls(pairs, "_count", "_page", "_format")
        size = _count(count)
        criteria = Criteria.parse(kind, [*used, *_own(who, kind)], base=self._base(), release=self.release)
        shown = [*used, *([("_count", count)] if count else [])]
        here = f"{self._base()}/{kind}"
        links: list[Link] = [("self", _address(here, [*shown, *([("_page", after)] if after else [])]))]
        with self.store.read() as tx:
            if size == 0:
                return total(self._total(tx, who, kind, criteria), links, who.media)
            page = tx.documents.search(kind, criteria, after=after or None, count=size)
            released = self._released(tx, who, page.documents, "fhir-search")
        if page.next:
            links.append(("next", _address(here, [*shown, ("_page", page.next)])))
        return searchset(released, self._base(), links, who.media, issues)

    def _total(self, tx: Transaction, who: Asking, kind: str, criteria: Criteria) -> int:
        number, after = 0, None
        while True:
            page = tx.documents.search(kind, criteria, after=after, count=MOST)
            number += len(self._released(tx, who, page.documents, "fhir-count").documents)
            after = page.next
            if after is None:
                return number

    # ---- judging

    def validate(self, who: Asking, kind: str) -> Response:
        """What `planbridge check` finds in what is sent; nothing is kept. https://hl7.org/fhir/R4/resource-operation-validate.html."""
        findings = judged(request, kind, self.release)
        return Response(outcome(findings or [SOUND], kind, most=len(findings)), 200, content_type=who.media)

    # ---- writing

    def create(self, who: Asking, kind: str) -> Response:
        """A new record, under an id of ours."""
        guard.admit(who.actor, kind)
        if who.header("IF_NONE_EXIST") is not None:
            raise refusal(412, "not-supported", "conditional create is not supported", "Search first, then create.")
        body, tree = sent(request, kind, self.release)
        with self.store.write() as tx:
            if who.actor.outsider:
                guard.created(self._view(tx, who), kind, tree)
            document = tx.documents.put(kind, self.new_id(), body, tree=tree, release=self.release)
            return self._written(tx, who, document, status=201, channel="fhir-create")

    def update(self, who: Asking, kind: str, id: str) -> Response:  # noqa: A002
        """A new version of a record; under an unknown id, a new record of the programme."""
        guard.admit(who.actor, kind)
        body, tree = sent(request, kind, self.release)
        if tree.get("id") != id:
            raise refusal(400, "invalid", "the id in the body is not the one in the address", path=f"{kind}.id")
        with self.store.write() as tx:
            current, view = tx.documents.get(kind, id), self._view(tx, who)
            if who.actor.outsider:
                guard.readable(view, current)
            self._unseen(who, current)
            release, new, said = put_into(current, lambda one: view.both(one)[1], self.release, tree)
            if who.actor.outsider and current:
                new = guard.updated(view, current, new)
            if new is not tree:
                require_valid(new, release)
                body = dump(new)
            born = current.born if current else "fhir"
            document = tx.documents.put(kind, id, body, tree=new, born=born, release=release)  # type: ignore[arg-type]
            status = 200 if current and not current.deleted else 201
            return self._written(tx, who, document, status=status, channel="fhir-update", said=said)

    def delete(self, who: Asking, kind: str, id: str) -> Response:  # noqa: A002
        """The end of a record; its versions stay."""
        guard.admit(who.actor, kind)
        with self.store.write() as tx:
            current, view = tx.documents.get(kind, id), self._view(tx, who)
            if who.actor.outsider:
                guard.readable(view, current)
            self._unseen(who, current)
            if current is None:
                return Response(status=204)
            if who.actor.outsider:
                guard.deleted(view, current)
            gone = tx.documents.delete(kind, id)
        return Response(status=204, headers={"ETag": f'W/"{gone.version}"'})

    def _unseen(self, who: Asking, current: Document | None) -> None:
        """Let a write pass that knows what it replaces. Raises Refusal (400, 409, 412)."""
        alive = current.version if current and not current.deleted else None
        if_match = who.header("IF_MATCH")
        if refused := stale(alive, if_match, who.header("IF_NONE_MATCH")):
            raise refused
        if self.require_if_match and alive and if_match is None:
            raise refusal(400, "required", "a change has to say which version it replaces", "Send If-Match.")
        if alive and current and current.flag:
            raise refusal(409, "conflict", "the record came from an EHR and is not valid FHIR; it is kept as it is")

    def _written(
        self,
        tx: Transaction,
        who: Asking,
        document: Document,
        *,
        status: int,
        channel: str,
        said: tuple[Issue, ...] = (),
    ) -> Response:
        """Answer a write; what is shown of the record passes the gate like any reading. Sent when `tx` is committed.

        What is to be said of the write stands in Warning headers, and is the body where the client prefers an outcome.
        """
        place = f"{self._base()}/{document.type}/{document.id}/_history/{document.version}" if status == 201 else ""
        prefers = who.prefers("return")
        if prefers in ("minimal", "OperationOutcome"):
            headers = {"ETag": f'W/"{document.version}"', **({"Location": place} if place else {})}
            answer = Response(status=status, headers=headers)
            if prefers == "OperationOutcome":
                answer = Response(outcome(said or [DONE]), status, headers, content_type=who.media)
        else:
            now, sent_as = self.store.now(), self.said
            released = release(tx, who.actor, who.purpose, [document], channel=channel, now=now, as_sent=sent_as)
            if not released.documents:
                raise not_found()
            answer = record_answer(released.documents[0], who.media, status=status, location=place)
        for issue in said[:MOST_WARNINGS]:
            answer.headers.add("Warning", f'299 planbridge "{warning(issue)}"')
        return answer

    def _view(self, tx: Transaction, who: Asking) -> View:
        return View(tx, who.actor, who.purpose, self.store.now())

    def _released(self, tx: Transaction, who: Asking, documents: Sequence[Document], channel: str) -> Released:
        return release(
            tx,
            who.actor,
            who.purpose,
            sayable(documents, self.release),
            channel=channel,
            now=self.store.now(),
            record=self.recorder.record,
            as_sent=self.said,
        )

    def _base(self) -> str:
        return request.host_url.rstrip("/") + self.path


# ---- pieces of a request


def _addressable(id_: str) -> bool:
    """True for an id that can stand in an address: "." and ".." are ids to FHIR, but climb paths."""
    return bool(ID.fullmatch(id_)) and id_ not in (".", "..")


def _unchanged(document: Document, who: Asking) -> bool:
    seen = who.header("IF_NONE_MATCH")
    return seen is not None and not document.deleted and bool({str(document.version), "*"} & versions(seen))


def _one(released: Released, who: Asking) -> Response:
    if not released.documents:
        raise not_found()
    [found] = released.documents
    if found.deleted:
        raise guard.gone()
    return record_answer(found, who.media)


def _pairs() -> list[tuple[str, str]]:
    pairs = list(request.args.items(multi=True))
    if request.method == "POST":
        check_content_type(request.content_type or "", types=("application/x-www-form-urlencoded",))
        pairs += request.form.items(multi=True)
    return pairs


_TYPES = frozenset(TYPES)
CONTROLS = ("_count", "_page", "_before", "_format")


def _sorted(kind: str, pairs: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the search parameters, and the names of those that are none (an odd name is not repeated)."""
    known = supported(kind)
    used = [pair for pair in pairs if pair[0].partition(":")[0] in known]
    others = dict.fromkeys(name for name, _ in pairs if name.partition(":")[0] not in (*known, *CONTROLS))
    return used, [name if re.fullmatch(r"[\w.:-]{1,64}", name, re.ASCII) else "(a parameter)" for name in others]


def _controls(pairs: list[tuple[str, str]], *names: str) -> list[str]:
    """Return the value of each parameter that steers the answer, "" where it is not given; the last one counts."""
    given = dict(pairs)
    return [given.get(name, "") for name in names]


def _count(text: str) -> int:
    if not text:
        return PAGE
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise refusal(400, "value", "_count is a whole number")
    return min(int(text), MOST)


def _own(who: Asking, kind: str) -> list[tuple[str, str]]:
    """A person searches among their own records: others would be withheld one by one."""
    if who.actor.kind != "person":
        return []
    if kind == "Patient":
        return [("_id", who.actor.person.removeprefix("Patient/"))]
    return [("patient", who.actor.person)] if "patient" in supported(kind) else []


def _address(here: str, pairs: Iterable[tuple[str, str]]) -> str:
    query = urlencode(list(pairs))
    return f"{here}?{query}" if query else here
