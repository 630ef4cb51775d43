"""What lies on disk: atomic writes, checksums, the model file, the log of a run.

It imports the ground, `text` and `config`, no torch.
"""
