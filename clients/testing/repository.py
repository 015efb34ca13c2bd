"""What the tests of clients take from the repository: its vectors, and how a package's lines of code are counted."""

import ast
import io
import json
import pathlib
import tokenize
from typing import Any

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
NOTHING = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def vectors(room: str, name: str) -> Any:
    return json.loads((REPOSITORY / "Tests" / room / "Vectors" / name).read_bytes())


def lines_of_code(package: pathlib.Path) -> int:
    """Of all files of a package, the lines that are not blank and not only a comment or a docstring."""
    return sum(_lines(path.read_text()) for path in package.glob("*.py"))


def _lines(source: str) -> int:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NOTHING:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)
