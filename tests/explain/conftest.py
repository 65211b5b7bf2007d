"""The tiny ensemble of the decoder's tests."""

from __future__ import annotations

from tests.ensemble.conftest import adapter_folders, adapters, decoder

__all__ = ["adapter_folders", "adapters", "decoder"]
