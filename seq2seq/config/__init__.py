"""YAML to frozen settings: the schema with its defaults, the rules between settings, loading and parsing.

It imports no other package, and no torch.
"""
