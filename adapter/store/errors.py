"""What can go wrong with the store, said without a patient's value.

StoreError            the store cannot be opened, read or written; the message says what to do
├── VersionConflict   somebody else wrote first: `current` is what stands now (None: nothing)
├── UnknownDocument   nothing of that type and id was ever stored
└── SearchError       a search parameter or page cursor that cannot be understood (HTTP 400)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapter.store.documents import Document


class StoreError(Exception):
    """The store cannot do what was asked."""


class VersionConflict(StoreError):  # noqa: N818 - says what happened
    """The version that a writer expected is not the current one. `current` is the newest version, or None."""

    def __init__(self, current: Document | None) -> None:
        super().__init__("another version is current: read it again, then write")
        self.current = current


class UnknownDocument(StoreError, LookupError):  # noqa: N818 - says what happened
    """Nothing of that type and id was ever stored."""


class SearchError(StoreError, ValueError):
    """A search that cannot be understood. `parameter` names what is wrong ("" for the page cursor)."""

    def __init__(self, parameter: str, text: str) -> None:
        super().__init__(f"{parameter}: {text}" if parameter else text)
        self.parameter, self.text = parameter, text
