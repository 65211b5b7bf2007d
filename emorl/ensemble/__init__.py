"""Ensemble decoding: one frozen base, K LoRA experts, one pass, mixed after the final norm.

`weights` normalises slider values, `lora` stacks PEFT adapters, `backbone` runs all K+1 experts of a sequence as rows
of one batch, `decoder` writes. Nothing here knows what an objective means. Method: EMORL (arXiv 2505.02579,
section 3.2), made exact: see DESIGN notes in each module.
"""

from emorl.ensemble.backbone import LlamaBackbone
from emorl.ensemble.decoder import Decoded, EnsembleDecoder, Request
from emorl.ensemble.lora import StackedLora
from emorl.ensemble.weights import coefficients, shares

__all__ = ["Decoded", "EnsembleDecoder", "LlamaBackbone", "Request", "StackedLora", "coefficients", "shares"]
