"""YAML to frozen settings: the schema with its defaults, the checks of values, and the parser.

It imports the ground and `storage.files`, no torch.
"""
