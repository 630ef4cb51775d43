"""The claims about recurrent networks: one experiment each, with a bound, a table and a figure.

It may import any layer below; torch only where something is trained.
"""
