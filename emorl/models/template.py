"""The prompt template: how a client's statement is put to the model, in training and in the app alike.

It is one short user turn without a system prompt: the warm start has taught the model what is wanted. A statement
cannot break out of its turn, because control tokens such as `<|im_end|>` are split before tokenising.
"""

from __future__ import annotations

from emorl.errors import StatementError

MAX_STATEMENT = 600  # characters
TEMPLATE = "<|im_start|>user\n{statement}<|im_end|>\n<|im_start|>assistant\n"
END = "<|im_end|>"


def clean(statement: str) -> str:
    """The statement with single spaces, and with control tokens split."""
    return " ".join(statement.split()).replace("<|", "< |").replace("|>", "| >")


def prompt_text(statement: str) -> str:
    """The text that the model continues."""
    return TEMPLATE.format(statement=clean(statement))


def check_statement(statement: str) -> str:
    """The statement, stripped.

    Raises:
        StatementError: It is empty or longer than `MAX_STATEMENT` characters.
    """
    stripped = statement.strip()
    if not stripped:
        raise StatementError.of("an empty statement", "what a client said", "type at least a few words")
    if len(stripped) > MAX_STATEMENT:
        raise StatementError.of(f"a statement of {len(stripped)} characters", f"at most {MAX_STATEMENT}", "shorten it")
    return stripped
