"""The package stays small: 250 lines of code, without blank lines, comments and docstrings."""

import pathlib

from repository import lines_of_code

import trellis_crypto


def test_its_lines() -> None:
    assert lines_of_code(pathlib.Path(trellis_crypto.__file__).parent) <= 250
