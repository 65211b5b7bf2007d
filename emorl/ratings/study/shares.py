"""Which items a study's rater gets, in which order, and which side stands on the left.

The training items come first, all of them, in the order of the study; they count towards no quota. Then a rater gets as
many items as the study says, those first that the fewest raters have. Ties and the order are drawn from the study's
seed and the rater's number, so they can be drawn again. An item counts as given to a rater who may still answer it or
has answered it; places that a revoked rater left without an answer go to others. The first rater of an item sees one
side on the left, the next one the other, so over its raters the sides are balanced to within one.

Left out: items shown twice, and known answers.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from emorl.ratings.queue.order import add_place, add_places
from emorl.ratings.queue.rating_queue import RatingQueue, Task, as_draft, last_answer
from emorl.ratings.storage.events import QueueEntry
from emorl.ratings.storage.record import StoredJudgement
from emorl.ratings.storage.rows import judgement_of
from emorl.ratings.storage.schema import Assignment, ItemRow, Judgement, StudyItemRow, StudyRaterRow, StudyRow
from emorl.ratings.storage.store import RatingStore
from emorl.ratings.storage.studies import study_of


class StudyQueue(RatingQueue):
    """The queues of the raters of all studies in one store."""

    def __init__(self, store: RatingStore) -> None:
        """Use a store; the shared items are none of a study's."""
        super().__init__(store, ())

    def last_lesson(self, rater: str) -> tuple[Task, StoredJudgement] | None:
        """The training item that was answered last, and its answer, until another item is handed out; else None.

        With it, somebody who reloads the page before going on is told again what was expected. An item that was handed
        out before an undo led back to the training item does not count.
        """
        mine = Assignment.rater_id == rater
        with self.store.transaction() as session:
            row = last_answer(session, rater)
            if row is None or not (judged := judgement_of(row)).item.is_training:
                return None
            handed_out = (Assignment.place > judged.place, Assignment.shown_at >= judged.submitted_at)
            later = select(Assignment.id).where(mine, *handed_out)
            if session.scalar(later.limit(1)) is not None:
                return None
            place, draft = row.assignment_id, as_draft(judged.answer)
        done, total = self.progress(rater)
        return Task(place, judged.token, judged.item, judged.flipped, draft, done, total, can_undo=True), judged

    def _lay_out(self, rater: str) -> None:
        add_places(self.store, rater, lambda session: _share(session, rater))


def _share(session: Session, rater: str) -> tuple[QueueEntry, ...]:
    """Add the places that a rater still lacks."""
    member = session.scalar(select(StudyRaterRow).where(StudyRaterRow.rater_id == rater))
    if member is None or not (_lessons(session, member) or _open_items(session, member)):
        return ()
    # Two raters who come at once must not both get an item's last place: the second waits here for the first.
    session.execute(update(StudyRow).where(StudyRow.id == member.study_id).values(key=StudyRow.key))
    waiting, study = _open_items(session, member), study_of(member.study)
    lessons = _lessons(session, member)
    last = session.scalar(select(func.max(Assignment.place)).where(Assignment.rater_id == rater))
    placed = len(_placed(session, rater, training=False))
    rng = random.Random(f"{study.seed}:{member.number}:{placed}")
    order = list(waiting)
    rng.shuffle(order)
    order.sort(key=lambda item: waiting[item])
    chosen = order[: study.items_per_rater - placed]
    rng.shuffle(chosen)
    chosen = [*lessons, *chosen]
    shown = Counter(session.scalars(select(Assignment.item_id).where(Assignment.item_id.in_(chosen))).all())
    keys = {
        number: key for number, key in session.execute(select(ItemRow.id, ItemRow.key).where(ItemRow.id.in_(chosen)))
    }
    return tuple(
        add_place(session, rater, item, keys[item], number, False, _flipped(study.seed, keys[item], shown[item]))
        for number, item in enumerate(chosen, start=0 if last is None else last + 1)
    )


def _flipped(seed: int, key: str, shown: int) -> bool:
    """Whether the second side stands on the left for one more rater of an item that `shown` raters have."""
    return (random.Random(f"{seed}:side:{key}").randrange(2) + shown) % 2 == 1


def _placed(session: Session, rater: str, training: bool) -> set[int]:
    """Items that have a place in a rater's queue: training items, or the others."""
    items = select(StudyItemRow.item_id).where(StudyItemRow.training.is_(training))
    mine = select(Assignment.item_id).where(Assignment.rater_id == rater, Assignment.item_id.in_(items))
    return set(session.scalars(mine))


def _lessons(session: Session, member: StudyRaterRow) -> Sequence[int]:
    """Training items that a rater has not been given yet, in the order of the study."""
    mine = _placed(session, member.rater_id, training=True)
    where = (StudyItemRow.study_id == member.study_id, StudyItemRow.training.is_(True))
    items = session.scalars(select(StudyItemRow.item_id).where(*where).order_by(StudyItemRow.id))
    return [item for item in items if item not in mine]


def _open_items(session: Session, member: StudyRaterRow) -> dict[int, int]:
    """How many raters have each item that a rater may still get; none where the rater's quota is full."""
    study = study_of(member.study)
    mine = _placed(session, member.rater_id, training=False)
    if len(mine) >= study.items_per_rater:
        return {}
    answered = select(Judgement.assignment_id).where(Judgement.withdrawn_at.is_(None))
    counted = (
        select(Assignment.item_id, func.count())
        .join(StudyRaterRow, StudyRaterRow.rater_id == Assignment.rater_id)
        .where(
            StudyRaterRow.study_id == member.study_id,
            or_(StudyRaterRow.revoked_at.is_(None), Assignment.id.in_(answered)),
        )
        .group_by(Assignment.item_id)
    )
    given = {item: count for item, count in session.execute(counted)}
    where = (StudyItemRow.study_id == member.study_id, StudyItemRow.training.is_(False))
    items = select(StudyItemRow.item_id).where(*where).order_by(StudyItemRow.id)
    return {
        item: given.get(item, 0)
        for item in session.scalars(items)
        if item not in mine and given.get(item, 0) < study.ratings_per_item
    }
