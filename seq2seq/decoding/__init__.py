"""Search: from the steps of a network to text, for whole sentences and for streams.

It imports `text` and `plain`; torch only for batches that PyTorch decodes.
"""
