"""There are no libraries to find."""


def find_library(name):
    return None
