"""Stack files as Pulumi reads them: a key that is given twice is a mistake, where YAML libraries take the last."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.CSafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key, _ in node.value:
            if key.tag == _MERGE:  # `<<: *anchor`: a key that it brings may be given again
                continue
            name = self.construct_object(key, deep=True)
            if not isinstance(name, Hashable):
                problem = "a key is no plain text; a value that begins with { or [ wants quotes"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name} is given twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def load(content: bytes) -> Any:
    """Return what a file holds. Raises ValueError, with the line, for what is not UTF-8 or not YAML."""
    try:
        return yaml.load(content.decode(), _Loader)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line} is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ValueError(f"line {mark.line + 1 if mark else 1}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
