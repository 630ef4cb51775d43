"""The claims about recurrent networks: one experiment each, with a bound, a table and a figure.

It imports everything except `commands`; torch only where something is trained.
"""
