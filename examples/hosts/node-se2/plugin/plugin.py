"""Turns the words of a text around, and refuses numbers."""

import re

import sdk


def turn(match):
    word = match.group()
    if word.isdigit():
        raise ValueError(f"{word} is a number")
    return word[::-1]


def run_e(payload, ident):
    if not payload:
        return sdk.return_error(42, "nothing to turn around", ident)
    print("got", len(payload), "characters")
    sdk.return_result(re.sub(r"\w+", turn, payload), ident)
