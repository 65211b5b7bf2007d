"""The app: `python app.py` serves it on 127.0.0.1:7860, the models load while the page is already up.

`demo` exists at module level so that `gradio app.py` and Hugging Face Spaces find it. The screens are in
`emorl/ui`; docs/space.md says how to run it as a Space.
"""

from __future__ import annotations

import atexit
import logging
import signal
import sys
from functools import cache
from typing import TYPE_CHECKING

from emorl.errors import EmorlError
from emorl.ratings import RatingStore, load_items, open_kept_store
from emorl.ui import ModelLoader, build_demo, launch_settings
from emorl.ui.zerogpu import declare

if TYPE_CHECKING:
    from emorl.reflecting.reflector import Reflector


def load_reflector() -> Reflector:
    """The reflector of the served models; imported late, because it brings torch."""
    from emorl.reflecting.reflector import Reflector

    return Reflector.load(progress=True)


@cache
def store() -> RatingStore:
    """The ratings' database, opened once; restored first where a journal is configured. It is closed at the end."""
    opened = open_kept_store(shared=load_items())
    atexit.register(opened.close)
    return opened


loader = ModelLoader(load_reflector)
try:
    demo = build_demo(loader, store)
except EmorlError as error:  # settings that cannot be used, such as a broken list of contacts
    print(error, file=sys.stderr)
    sys.exit(2)
declare()


def main() -> int:
    """Open the database, start the server, then load the models; exit code 2 for a user's error."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # a host that stops the app: ratings are pushed at exit
    try:
        store()
        demo.launch(prevent_thread_lock=True, **launch_settings())
    except (EmorlError, OSError) as error:  # OSError: no free port
        print(error, file=sys.stderr)
        return 2
    loader.start()
    demo.block_thread()
    return 0


if __name__ == "__main__":
    sys.exit(main())
