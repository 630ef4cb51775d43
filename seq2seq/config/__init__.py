"""YAML to frozen settings: the schema with its defaults, the rules between settings, loading and parsing.

It imports the ground and `storage.files`, no torch.
"""
