"""Which of the page's functions a request means, and whether it can be answered: Gradio would end in a fault otherwise.

An event must name one that there is, with as many values as it takes; a call of a widget's function, a widget that has
it. What Gradio finds wrong with the other fields is told in one line: FastAPI's own answer repeats the whole request,
and fails where that holds half a character. Left out: the values, which the functions check themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse, Response

from emorl.errors import OptionError

if TYPE_CHECKING:
    import gradio as gr
    from gradio.block_function import BlockFunction
    from starlette.requests import Request

EVENT = re.compile(r"/gradio_api/(?:queue/join|(?:run|api|call)/([\w.-]+)/?)")
WIDGET = re.compile(r"/gradio_api/component_server/?")


async def misread(_request: Request, error: Exception) -> Response:
    """The answer to a request whose fields are not those that Gradio reads; nothing of what was sent is in it."""
    assert isinstance(error, RequestValidationError)
    named = dict.fromkeys(str(one["loc"][1]) if len(one["loc"]) > 1 else "body" for one in error.errors())
    wrong = OptionError.of(f"a request with a wrong {', '.join(named)[:80]}", "what the page sends", "reload the page")
    return JSONResponse({"detail": wrong.shown}, 422)


class Unknown(OptionError):
    """A function or a widget that the page does not have."""


def check_known(blocks: gr.Blocks, path: str, given: object) -> None:
    """Let a request pass if it means something that the page has.

    Args:
        blocks: The page.
        path: Of the request.
        given: Its body.

    Raises:
        Unknown: It means nothing that the page has.
        OptionError: It has too few or too many values, or comes as a batch.
    """
    if not isinstance(given, Mapping):
        return  # Gradio says so
    if WIDGET.fullmatch(path):
        _check_widget(blocks, given)
    elif (event := EVENT.fullmatch(path)) is not None:
        _check_event(_function(blocks, given.get("fn_index"), event[1]), given)


def _check_widget(blocks: gr.Blocks, given: Mapping[str, object]) -> None:
    number, name = given.get("component_id"), given.get("fn_name")
    widget = blocks.blocks.get(number) if type(number) is int else None
    function = getattr(widget, name, None) if isinstance(name, str) else None
    if not getattr(function, "_is_server_fn", False):
        raise Unknown.of("a widget's function that there is not", "one of this page", "reload the page")


def _function(blocks: gr.Blocks, number: object, name: str | None) -> BlockFunction:
    found = None
    if type(number) is int:
        found = blocks.fns.get(number)
    elif number is None and name is not None:
        found = next((one for one in blocks.fns.values() if one.api_name == name), None)
    if found is None or found.fn is None:  # without `fn` it runs in the browser alone
        raise Unknown.of("a function that there is not", "one of this page", "reload the page")
    return found


def _check_event(function: BlockFunction, given: Mapping[str, object]) -> None:
    if given.get("batched"):
        raise OptionError.of("a batch of calls", "one", "send them one by one")
    values = given.get("data")
    if not isinstance(values, list) or function.cancels:  # Gradio says what is no list; to cancel, no value is needed
        return
    expected = {len(function.inputs), sum(not one.skip_api for one in function.inputs)}
    if len(values) not in expected:
        raise OptionError.of(f"{len(values)} values", f"{max(expected)}", "reload the page")
