"""The commands of the command line, one module each: `add` declares its arguments, `run` does the work.

It imports any layer, the heavy ones within `run`.
"""
