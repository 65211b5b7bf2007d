"""What counsellors thought of the reflections they were shown.

`storage` the database and its journal; `queue` blind rating; `statistics` what it all says; `study` rating studies;
`export` CSV, JSON lines, the map and the journal's dataset; `cli` the commands. Each knows only those named before it,
and the package knows no model and no screen.
"""

from emorl.ratings.export.hub import open_kept_store
from emorl.ratings.export.preference import preferred_weights
from emorl.ratings.queue.items import load_items
from emorl.ratings.queue.rating_queue import RatingQueue, Task
from emorl.ratings.storage.form import FLAGS, MAX_COMMENT, MAX_LEVEL, Answer
from emorl.ratings.storage.item import Item, Side
from emorl.ratings.storage.opening import open_store
from emorl.ratings.storage.record import NewRating, StoredRating, statement_sha256
from emorl.ratings.storage.store import RatingStore

__all__ = [
    "FLAGS",
    "MAX_COMMENT",
    "MAX_LEVEL",
    "Answer",
    "Item",
    "NewRating",
    "RatingQueue",
    "RatingStore",
    "Side",
    "StoredRating",
    "Task",
    "load_items",
    "open_kept_store",
    "open_store",
    "preferred_weights",
    "statement_sha256",
]
