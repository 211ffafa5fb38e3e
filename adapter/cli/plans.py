"""The rules of plans over files, for `planbridge check --plan`: documents that lie together are read as natives.

A Bundle is opened: its entries lie together with what lies beside it, and a finding stands at its entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from adapter.cli.apart import apart
from adapter.cli.document_set import document_set
from adapter.cli.judging import Judged
from adapter.cli.sources import Source
from mappings.check.findings import within
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
        sources = {source: one for n, one in enumerate(documents) for source in apart(one, n)}
        for found in _values(sources):
            for source, one in self._of(found):
                yield sources[source], one

    def _of(self, found: dict[str, tuple[Source, Any]]) -> Iterator[tuple[Source, Finding]]:
        values = {name: value for name, (_, value) in found.items() if value is not None}
        for name, rule, at, what in judge(values, self.today):
            yield _finding(found[name][0], rule, at, what)
        for name, value in values.items():
            if isinstance(value, Plan):
                source = found[name][0]
                like = self.alike.met(source.name, value)
                if like is not None:
                    what = f"{like[1]} % of the text is that of another person's plan, {like[0]}"
                    yield _finding(source, "plan/alike", (), what)


def _values(sources: dict[Source, Judged]) -> Iterator[dict[str, tuple[Source, Any]]]:
    """Yield name -> (document, native value): of native documents, then of FHIR of each release."""
    yield {s.reference: (s, load(s.tree)[0]) for s in sources if s.native}
    for release in RELEASES:
        of = [s for s in sources if not s.native and s.release == release and s.type in TABLES]
        docs, names, _ = document_set(of, release)
        yield {name: (s, _read(docs, name)) for s, name in names.items()}


def _read(docs: Any, name: str) -> Any:
    try:
        return read(docs, name).value
    except RecursionError:
        return None  # its depth is a finding already


def _finding(source: Source, rule: str, at: Path, what: str) -> tuple[Source, Finding]:
    kind = str(source.tree["entity" if source.native else "resourceType"])
    return source, within(finding(rule, kind, at, what, native=source.native), "Bundle", source.at)
