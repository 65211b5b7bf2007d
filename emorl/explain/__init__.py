"""Explanations that are exact because the head is linear.

`contributions` and `steps` are about one token: what spoke for it, where it flips, which others were close. `words`
puts sub-word pieces together, `coalitions` says what would be written without an objective, and `sentence` puts numbers
into words. `reply` combines all of this for one reply; `explanation` has the types of what it finds. `own_words` is
about a text that a person wrote.
"""

from emorl.explain.coalitions import Ask, Variant, Variants, plan_variants
from emorl.explain.explanation import Explanation
from emorl.explain.own_words import OwnWord, own_words
from emorl.explain.reply import explain_reply, explanation
from emorl.explain.steps import Step, explain_steps

__all__ = [
    "Ask",
    "Explanation",
    "OwnWord",
    "Step",
    "Variant",
    "Variants",
    "explain_reply",
    "explain_steps",
    "explanation",
    "own_words",
    "plan_variants",
]
