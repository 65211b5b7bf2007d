"""Explanations that are exact because the head is linear.

`contributions` and `steps` are about one token (who pushed it, where it flips, what else was near), `words` puts
sub-word pieces together, `coalitions` says what is written without an objective, `sentence` puts numbers into words and
`explanation` gathers all of it for one reply.
"""

from emorl.explain.coalitions import Ask, Variant, Variants, plan_variants
from emorl.explain.explanation import Explanation, explain_reply, explanation
from emorl.explain.steps import Step, explain_steps

__all__ = [
    "Ask",
    "Explanation",
    "Step",
    "Variant",
    "Variants",
    "explain_reply",
    "explain_steps",
    "explanation",
    "plan_variants",
]
