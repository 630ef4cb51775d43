"""The claims about recurrent networks, each an experiment with a bound, a table and a figure.

It imports everything but `commands`; torch only where something is trained.
"""
