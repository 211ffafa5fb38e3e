"""What the programme keeps: documents with all their versions, and the books of sync, disclosure and clients."""

from adapter.store.documents import Document
from adapter.store.errors import SearchError, StoreError, UnknownDocument, VersionConflict
from adapter.store.search import Criteria, Page, supported
from adapter.store.served import splice
from adapter.store.store import Store, Transaction, utc_now

__all__ = [
    "Criteria",
    "Document",
    "Page",
    "SearchError",
    "Store",
    "StoreError",
    "Transaction",
    "UnknownDocument",
    "VersionConflict",
    "splice",
    "supported",
    "utc_now",
]
