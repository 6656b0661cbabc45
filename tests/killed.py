"""What a killed worker runs. Each worker imports it anew, so it imports little."""

import os
import signal

from backprop.grading import batch

grade = batch._grade  # before a test puts the function below in its place


def grade_or_be_killed(submission):
    """Grade in a worker, which the system kills for one of the submissions."""
    if submission.student == "misled" and submission.cells:
        os.kill(os.getpid(), signal.SIGKILL)
    return grade(submission)
