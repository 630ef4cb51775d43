"""Documents: subtitles, HTML and Markdown, of which the text is translated and all else stays as it is.

It imports `text` and `decoding`, and no torch.
"""
