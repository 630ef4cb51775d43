"""The commands of the command line, one module each: `add` declares its arguments, `run` does the work.

A command may import any layer; heavy ones within `run`.
"""
