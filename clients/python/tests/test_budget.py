"""The package stays small: a thousand lines of code, without blank lines, comments and docstrings."""

import ast
import io
import pathlib
import tokenize

import trellis_client

NOTHING = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of_code(source: str) -> int:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NOTHING:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_a_thousand_lines() -> None:
    folder = pathlib.Path(trellis_client.__file__).parent
    assert sum(lines_of_code(path.read_text()) for path in folder.glob("*.py")) <= 1000
