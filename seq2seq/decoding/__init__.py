"""Search: from the steps of a network to text, for whole sentences and for streams.

It imports the ground, `text` and `plain`; torch only to decode in threads.
"""
