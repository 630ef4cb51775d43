"""The same as `seq2seq translate`."""

import sys

from seq2seq.__main__ import main

if __name__ == "__main__":
    main(["translate", *sys.argv[1:]])
