"""The commands of the command line, one module each: `add` declares its arguments, `run` does the work.

It may import any layer below, heavy ones only within `run`: `--help` imports no torch.
"""
