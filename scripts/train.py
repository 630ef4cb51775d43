"""The same as `seq2seq train`."""

import sys

from seq2seq.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
