"""Reads a YAML file the way people write one: `1e-3` is a number, and a key that stands twice is a fault.

YAML 1.1, which PyYAML follows, reads `1e-3` as a text and lets the second of two equal keys win without a word. Left
out: what the values mean (`training.config`).
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from emorl.errors import ConfigError

FLOAT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
"""A number with an exponent, with or without a point or a sign."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with these numbers, and a list of keys that stand twice."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.twice: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """The mapping; keys that stand in it twice are noted."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in lines:
                self.twice.append(f"{name} stands twice, in lines {lines[name]} and {line}, expected once")
            lines[name] = line
        made: dict[object, object] = super().construct_mapping(node, deep)
        return made


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+.0123456789"))


def read_yaml(path: Path) -> tuple[object, list[str]]:
    """What a YAML file says, None if it is empty, and its faults so far: keys that stand twice.

    Raises:
        FileNotFoundError: There is no such file.
        ConfigError: It is a folder, cannot be read, or is not YAML in UTF-8.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        data: object = loader.get_single_data()
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise ConfigError.of(f"the folder {path}", "a YAML file", "name a file in it") from None
    except UnicodeDecodeError as error:
        raise ConfigError.of(f"{path}, which is not in UTF-8 ({error.reason})", "UTF-8", "save it as UTF-8") from None
    except OSError as error:
        raise ConfigError.of(f"{path}, which cannot be read ({error.strerror})", "a YAML file", "check it") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date or number that there is not
        reason = " ".join(str(error).split())
        raise ConfigError.of(f"{path}, which is not YAML ({reason})", "a YAML file", "mend it") from None
    return data, loader.twice
