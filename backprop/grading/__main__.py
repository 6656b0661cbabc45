"""Grade a folder of submissions: `python -m backprop.grading SUBMISSIONS --out DIR`."""

import sys

from backprop.grading.batch import main

if __name__ == "__main__":  # not in the workers, which import this file too
    sys.exit(main(sys.argv[1:]))
