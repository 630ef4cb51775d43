"""Character-level translation with a chosen lag, in characters, between reading and writing.

from seq2seq import Translator
Translator.load().translate("My dog is hungry.", lag=12)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seq2seq.translator import Translator

__all__ = ["Translator"]


def __getattr__(name: str) -> Any:
    """Import PyTorch only for those who ask for a `Translator`, and not for every `import seq2seq`."""
    if name == "Translator":
        from seq2seq.translator import Translator

        return Translator
    raise AttributeError(f"module 'seq2seq' has no attribute {name!r}")
