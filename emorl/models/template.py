"""The prompt template: how a client's statement is put to the model, in training and in the app alike.

It is one short user turn without a system prompt: the warm start has taught the model what is wanted. The marks are
those of ChatML, which SmolLM2 and all of Qwen2 to Qwen3 know; a base whose tokenizer lacks one of them, or adds tokens
of its own, is refused (`emorl.reflecting.tokenizer.end_token`). A models folder is refused if it names another
template. A statement cannot break out of its turn, because control tokens such as `<|im_end|>` are split before
tokenising. Left out: a template for each base; Llama 3's own chat marks, for one, are not spoken.
"""

from __future__ import annotations

import unicodedata

from emorl.errors import StatementError

MAX_STATEMENT = 600  # characters
MAX_READ = 6000  # characters of a text whose language and personal data are looked at
MAX_PROMPT = 320  # tokens; 600 characters of plain English are some 130, of emoji 1800
BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that show nothing
TEMPLATE = "<|im_start|>user\n{statement}<|im_end|>\n<|im_start|>assistant\n"
START, END = "<|im_start|>", "<|im_end|>"


def clean(statement: str) -> str:
    """The statement with single spaces, and with control tokens split."""
    return " ".join(statement.split()).replace("<|", "< |").replace("|>", "| >")


def prompt_text(statement: str) -> str:
    """The text that the model continues."""
    return TEMPLATE.format(statement=clean(statement))


def check_size(text: str, kind: str = "statement") -> str:
    """The text, which must be short enough to be looked at; messages call it by its kind.

    Raises:
        StatementError: It has more than `MAX_READ` characters.
    """
    if len(text) > MAX_READ:
        raise StatementError.of(f"a {kind} of {len(text)} characters", f"at most {MAX_STATEMENT}", "shorten it")
    return text


def check_statement(statement: str, kind: str = "statement", expected: str = "what a client said") -> str:
    """The statement, stripped.

    Args:
        statement: What the client said, or another short text.
        kind: What messages call it.
        expected: What messages say should be there.

    Raises:
        StatementError: It is longer than `MAX_STATEMENT` characters, shows nothing, or has characters that are no text.
    """
    stripped = check_size(statement, kind).strip()
    if len(stripped) > MAX_STATEMENT:
        raise StatementError.of(f"a {kind} of {len(stripped)} characters", f"at most {MAX_STATEMENT}", "shorten it")
    if broken := next((sign for sign in stripped if sign == "\0" or unicodedata.category(sign) == "Cs"), None):
        raise StatementError.of(f"the character U+{ord(broken):04X} in a {kind}", "text", "delete it")
    if not any(unicodedata.category(sign)[0] in "LNS" and sign not in BLANK for sign in stripped):
        raise StatementError.of(f"an empty {kind}", expected, "type at least a few words")
    return stripped
