"""Pictures: curves, time lines, and the explanation of one sentence.

It imports the translator and all that it may import; matplotlib only while it draws.
"""
