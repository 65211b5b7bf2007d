"""The seeded tiny Llama with its three adapters, as for the decoder."""

from tests.ensemble.conftest import adapter_folders, adapters, decoder

__all__ = ["adapter_folders", "adapters", "decoder"]
