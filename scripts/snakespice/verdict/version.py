"""The version of the verdict, which is recorded with it.

It rises when the same log, raw file and exit code of a case would be judged otherwise than before.
"""

VERDICT_VERSION = 1
