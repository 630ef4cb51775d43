"""Files: atomic writes, checksums, the model file, the logs of a run.

It imports the ground, `text` and `config`, no torch.
"""
