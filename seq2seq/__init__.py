"""Character-level translation with a chosen lag, in characters, between reading and writing.

    from seq2seq import Translator

    translator = Translator.load()  # the model of the package; or a path
    translator.translate("My dog is hungry.", lag=12)

`Translator` and its methods `translate`, `translate_lines` and `stream` are the interface; `Translation` is
what `translate_lines` returns for each line. Their errors have messages for people: `UserError` and its
subclasses in `seq2seq.errors`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seq2seq.translator import TextStream, Translation, Translator

    __version__: str

__all__ = ["TextStream", "Translation", "Translator", "__version__"]


def __getattr__(name: str) -> Any:
    """Import for those who ask for a `Translator`, and not for every `import seq2seq`."""
    if name in ("TextStream", "Translation", "Translator"):
        import seq2seq.translator as translator

        return getattr(translator, name)
    if name == "__version__":
        from importlib import metadata

        return metadata.version("seq2seq-lag")
    raise AttributeError(f"module 'seq2seq' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names, those included that are imported when asked for."""
    return sorted({*globals(), *__all__})
