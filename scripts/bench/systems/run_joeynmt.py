"""JoeyNMT's command line, made to obey `testing.min_output_length` and to mark its translations.

Version 2.3.0 reads this setting and its search accepts it, but the function between the two does not pass
it on. Its translations come out among lines of its log, and its option for a file of them fails.
"""

import sys
from functools import partial

import yaml
from joeynmt import prediction
from joeynmt.__main__ import main

with open(sys.argv[2], encoding="utf-8") as file:
    shortest = yaml.safe_load(file)["testing"]["min_output_length"]
prediction.search = partial(prediction.search, min_output_length=shortest)
prediction.print = lambda text: print(f"translation: {text}")
main()
