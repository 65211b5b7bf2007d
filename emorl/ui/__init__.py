"""The app's screens.

`build_demo(loader, store)` makes the page, `launch_settings()` says how it is served and `ModelLoader` loads
the models behind it. Importing this package switches Gradio's telemetry off and keeps proxies away from this
machine's own address, both of which only work before Gradio itself is imported, and imports it without its type stubs.
"""

from __future__ import annotations

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # HF_HUB_DISABLE_TELEMETRY does not silence Gradio
for _name in ("NO_PROXY", "no_proxy"):
    _hosts = [host for host in os.environ.get(_name, "").split(",") if host]
    os.environ[_name] = ",".join(dict.fromkeys(["127.0.0.1", "localhost", *_hosts]))

from emorl.ui.stubs import import_gradio  # noqa: E402

import_gradio()

from emorl.ui.app import build_demo  # noqa: E402
from emorl.ui.loader import ModelLoader  # noqa: E402
from emorl.ui.theme import launch_settings  # noqa: E402

__all__ = ["ModelLoader", "build_demo", "launch_settings"]
