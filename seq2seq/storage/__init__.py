"""Files: atomic writes, checksums, the model file, the logs of a run.

It imports `text` and `config`; torch only to write event files for TensorBoard.
"""
