"""Ensemble decoding: one frozen base, K LoRA experts, one pass, mixed after the final norm.

`setting` checks what the sliders say, and `weights` turns it into the coefficients of the mixture. `lora` reads PEFT
adapters, whose settings `adapter_config` checks, and `stack` puts them together; `products` multiplies by packed
weights, `architecture` says which bases are taken, and `backbone` runs all K+1 experts of a sequence as rows of one
batch, with their keys and values in `cache`; `step` does this for single tokens with the compiled functions of
`kernels`. `mask` says which tokens may not come next, and `sequence` what one text is while it is written. `decoder`
writes; `reuse` takes over what stays the same when a slider moves; `directions` writes for many weight vectors at
once, and `scheduler` for many users. `forced` lets all of them read a text that somebody else wrote.
Nothing here knows what an objective means.

Method: EMORL (arXiv 2505.02579, section 3.2), made exact; each module says how.
"""

from emorl.ensemble.backbone import LlamaBackbone
from emorl.ensemble.decoder import ContinuousBatch, EnsembleDecoder
from emorl.ensemble.directions import decode_directions
from emorl.ensemble.mask import Mask, WordRuns, no_run_twice
from emorl.ensemble.scheduler import Scheduler
from emorl.ensemble.sequence import Decoded, Request, SequenceStatus
from emorl.ensemble.setting import Setting
from emorl.ensemble.stack import StackedLora
from emorl.ensemble.weights import coefficients, shares

__all__ = [
    "ContinuousBatch",
    "Decoded",
    "EnsembleDecoder",
    "LlamaBackbone",
    "Mask",
    "Request",
    "Scheduler",
    "SequenceStatus",
    "Setting",
    "StackedLora",
    "WordRuns",
    "coefficients",
    "decode_directions",
    "no_run_twice",
    "shares",
]
