"""What can go wrong for a user: each error is one sentence for a person and an exit code for a shell."""


class UserError(ValueError):
    """Something outside the program is wrong: a file, a disk, a value. The message has place and remedy."""

    exit_code: int = 1


class UsageError(UserError):
    """A command line or a configuration that cannot be meant."""

    exit_code = 2


class NonFiniteError(UserError):
    """The loss or a gradient stopped being a finite number."""

    exit_code = 3


class CheckpointError(UserError):
    """A model file or a training state that is damaged, foreign or not meant for this."""

    exit_code = 4


class Interrupted(UserError):
    """Stopped by a signal, with everything saved; the message says how to go on."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number
