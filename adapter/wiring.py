"""Where the parts are put together: the only module that knows more than one of gateway, sync and ehr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from adapter.disclosure.consent import Actor
from adapter.disclosure.gate import Released
from adapter.ehr import errors
from adapter.ehr.bundle import RawPage
from adapter.ehr.capabilities import NoStatement, Statement, read_statement
from adapter.ehr.client import Answer, Client
from adapter.ehr.query import Query, token
from adapter.settings import EHR, Settings
from adapter.store import Store
from adapter.sync.peer import Kind, Trouble
from adapter.sync.work import Say, Work

if TYPE_CHECKING:
    from adapter.gateway.app import Application
    from adapter.pages.index import Demo

# fmt: off
TROUBLES: dict[type[errors.EHRError], Kind] = {
    errors.Unreachable: "unreachable",
    errors.NotFound:    "gone",
    errors.Gone:        "gone",
    errors.Conflict:    "conflict",
    errors.Invalid:     "invalid",
    errors.NotOffered:  "invalid",
    errors.Moved:       "unreadable",
    errors.Busy:        "busy",
    errors.Failed:      "unreadable",
    errors.NotFHIR:     "unreadable",
    errors.TooLarge:    "unreadable",
    errors.Strayed:     "unreadable",
    errors.LostAnswer:  "lost",
}
DEEDS = {
    "conditional": "conditional_create",  # the others are named as the statement's reader names them
}
# fmt: on


def actor_of(ehr: EHR) -> Actor:
    """Return who an EHR is to the gate."""
    return Actor(
        name=ehr.name,
        kind="ehr",
        relation=ehr.relation,  # type: ignore[arg-type]  # settings let nothing else through
        organization=ehr.organization,
        purposes=(ehr.purpose,),
    )


def application(settings: Settings, store: Store, demo: Callable[[], Demo] | None = None) -> Application:
    """Return the gateway over a store, ready to be served, with its page. `demo` gives what a demo puts on that."""
    from importlib.metadata import version

    from adapter.gateway.app import gateway
    from adapter.gateway.pages import show
    from adapter.pages.index import index

    here = version("planbridge")
    app = gateway(store, version=here, require_if_match=settings.require_if_match)
    show(app, "/", lambda base: index(base, here, store, demo() if demo else None))
    return app


class EHRPeer:
    """An EHR server as sync wants it: the client's methods, its faults by what they mean for a run."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.name, self.base_url = client.ehr.name, client.ehr.url
        self._statement: Statement | None = None

    def offers(self, resource_type: str, deed: str) -> bool:
        """Whether the server's statement, read once, says that it does this."""
        if self._statement is None:
            with _told():
                self._statement = read_statement(self._client.metadata().body)
        return bool(getattr(self._statement.of(resource_type), DEEDS.get(deed, deed)))

    def everything(self, resource_type: str, since: str = "") -> Iterator[RawPage]:
        """All records of a type that changed since then."""
        return _pages(self._client.pages(Query.unnamed(resource_type, last_updated=since)))

    def history(self, resource_type: str, since: str) -> Iterator[RawPage]:
        """All versions of a type since then."""
        return _pages(self._client.history(resource_type, since))

    def of_person(self, leave: Released, resource_type: str, parameter: str, remote_id: str) -> Iterator[RawPage]:
        """All records of a type about a person whom the gate lets us name."""
        return _pages(self._client.pages(Query.named(leave, resource_type, **{parameter: f"Patient/{remote_id}"})))

    def person(self, leave: Released, system: str, value: str) -> Iterator[RawPage]:
        """The Patients that bear an identifier."""
        return _pages(self._client.pages(Query.named(leave, "Patient", identifier=token(system, value))))

    def bearing(self, resource_type: str, identifier: tuple[str, str]) -> Iterator[RawPage]:
        """The records that bear our identifier."""
        return _pages(self._client.pages(Query.unnamed(resource_type, identifier=identifier)))

    def read(self, resource_type: str, remote_id: str, leave: Released | None = None) -> Answer:
        """One record as it is now."""
        with _told():
            return self._client.read(resource_type, remote_id, released=leave)

    def create(self, released: Released, identifier: tuple[str, str] | None) -> Answer:
        """Create a record, unless one bears the identifier."""
        with _told():
            return self._client.create(released, identifier=identifier)

    def update(self, released: Released, remote_id: str, if_match: str) -> Answer:
        """Replace a record."""
        with _told():
            return self._client.update(released, remote_id, if_match=if_match)

    def delete(self, released: Released, remote_id: str, if_match: str) -> Answer:
        """Delete a record."""
        with _told():
            return self._client.delete(released, remote_id, if_match=if_match)


def _pages(pages: Iterator[RawPage]) -> Iterator[RawPage]:
    with _told():
        yield from pages


@contextmanager
def _told() -> Iterator[None]:
    """Tell a fault of the client as sync understands it."""
    try:
        yield
    except errors.Refused as error:
        raise Trouble("refused" if error.status == 403 else "denied", error.text, error.status) from None
    except errors.EHRError as error:
        kind = next(TROUBLES[kind] for kind in type(error).__mro__ if kind in TROUBLES)
        raise Trouble(kind, error.text, error.status) from None
    except NoStatement as error:
        raise Trouble("unreadable", str(error)) from None


@contextmanager
def exchange(settings: Settings, name: str, say: Say = lambda _: None) -> Iterator[Work]:
    """Give what a sync with an EHR of the settings works with. Raises SettingsError, StoreError, Trouble."""
    ehr = settings.ehr(name)
    with Store.open(settings.store, settings.tenant) as store:
        with _told():
            client = Client(ehr)
        with client:
            yield Work(store, EHRPeer(client), actor_of(ehr), ehr.purpose, ehr.overlap_seconds, say)
