"""The package stays small: a thousand lines of code, without blank lines, comments and docstrings."""

import pathlib

from repository import lines_of_code

import trellis_client


def test_a_thousand_lines() -> None:
    assert lines_of_code(pathlib.Path(trellis_client.__file__).parent) <= 1000
