"""The commands of the command line, one module each: `add` declares its arguments, `run` does the work.

It imports everything; `--help` imports no torch.
"""
