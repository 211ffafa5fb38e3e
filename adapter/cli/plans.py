"""The rules of plans over files, for `planbridge check --plan`: documents that lie together are read as natives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from adapter.cli.document_set import document_set
from adapter.cli.judging import Judged
from adapter.cli.sources import Source
from mappings.check.plan_rules import Likeness, finding, judge
from mappings.check.rules import Finding
from mappings.model import Plan
from mappings.native import load
from mappings.releases.which import RELEASES
from mappings.tables import TABLES
from mappings.translate import read
from mappings.tree import Path


class Plans:
    """Looks for what plans lack; remembers each, to find the copy made for somebody else."""

    def __init__(self) -> None:
        self.alike = Likeness()
        self.today = date.today().isoformat()

    def look(self, documents: list[Judged]) -> Iterator[tuple[Judged, Finding]]:
        """Yield what the plans of documents that lie together lack."""
        for native in (True, False):
            for found in self._values([one for one in documents if (one.kind == "native") is native]):
                yield from self._of(found, native=native)

    def _values(self, documents: list[Judged]) -> Iterator[dict[str, tuple[Judged, Any]]]:
        """Yield name -> (document, native value): of native documents, then of FHIR of each release."""
        sources = {_source(one, n): one for n, one in enumerate(documents) if _kind(one)}
        yield {s.reference: (one, load(s.tree)[0]) for s, one in sources.items() if s.native}
        for release in RELEASES:
            of = [s for s in sources if not s.native and s.release == release and s.type in TABLES]
            docs, names, _ = document_set(of, release)
            yield {name: (sources[s], _read(docs, name)) for s, name in names.items()}

    def _of(self, found: dict[str, tuple[Judged, Any]], *, native: bool) -> Iterator[tuple[Judged, Finding]]:
        values = {name: value for name, (_, value) in found.items() if value is not None}
        for name, rule, at, what in judge(values, self.today):
            one = found[name][0]
            yield one, finding(rule, _kind(one), at, what, native=native)
        for name, value in values.items():
            if isinstance(value, Plan):
                one = found[name][0]
                like = self.alike.met(f"{one.name}:{one.line}" if one.line else one.name, value)
                if like is not None:
                    what = f"{like[1]} % of the text is that of another person's plan, {like[0]}"
                    nowhere: Path = ()
                    yield one, finding("plan/alike", _kind(one), nowhere, what, native=native)


def _read(docs: Any, name: str) -> Any:
    try:
        return read(docs, name).value
    except RecursionError:
        return None  # its depth is a finding already


def _source(one: Judged, n: int) -> Source:
    return Source(one.name, f"{one.name}/{one.line or n}", one.data, one.tree, which=one.which)


def _kind(one: Judged) -> str:
    kind = one.tree.get("entity" if one.kind == "native" else "resourceType") if isinstance(one.tree, dict) else None
    return kind if isinstance(kind, str) else ""
