"""Search: from the steps of a network to text, for whole sentences and for streams.

It imports the ground, `text`, `config` and the interface of a network's steps; no torch.
"""
