"""How many rows of each kind the database holds: raters, consents, items, places, drafts, answers.

Left out: what the answers say, which is `emorl.ratings.statistics`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from emorl.ratings.storage.form import CONSENT_VERSION
from emorl.ratings.storage.schema import Assignment, Base, ItemRow, Judgement, Rater, StudyItemRow
from emorl.ratings.storage.store import RatingStore


@dataclass(frozen=True)
class RowCounts:
    """Rows of the rating queue.

    Attributes:
        raters: everyone with anything stored, on the Reflect screen too.
        agreed: those who agreed to the present notice of the queue.
        shared_items: items that everybody is given; those of a study are not among them.
        sent_items: items that raters sent to their own queues.
        places: items laid out in the queues of all raters, repeats counted.
        drafts: half-filled forms.
        withdrawn: answers taken back.
    """

    raters: int
    agreed: int
    shared_items: int
    sent_items: int
    places: int
    drafts: int
    withdrawn: int


def count_rows(store: RatingStore) -> RowCounts:
    """Count the rows."""
    with store.transaction() as session:

        def count(table: type[Base], *where: ColumnElement[bool]) -> int:
            return session.scalar(select(func.count()).select_from(table).where(*where)) or 0

        answered = select(Judgement.assignment_id).where(Judgement.withdrawn_at.is_(None))
        waiting = select(Assignment.draft).where(Assignment.draft.is_not(None), Assignment.id.not_in(answered))
        return RowCounts(
            raters=count(Rater),
            agreed=count(Rater, Rater.consent_version == CONSENT_VERSION),
            shared_items=count(ItemRow, ItemRow.owner_id.is_(None), ItemRow.id.not_in(select(StudyItemRow.item_id))),
            sent_items=count(ItemRow, ItemRow.owner_id.is_not(None)),
            places=count(Assignment),
            drafts=sum(bool(draft) for draft in session.scalars(waiting)),
            withdrawn=count(Judgement, Judgement.withdrawn_at.is_not(None)),
        )
