"""The page: a translator in one HTML file, whose engine is written in JavaScript, and how it is put together.

`engine/` translates, in a Web Worker; `face/` is what one sees. Both are plain modules of JavaScript. The
engine follows `text`, `plain` and `decoding` module by module, under the same names; what is a table there
comes from there.

It imports `text`, `storage` and `plain`, and no torch.
"""
