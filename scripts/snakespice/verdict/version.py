"""The version of the rules by which cases are judged; every record names that of its verdict.

Raise it with each change by which a case that is done could get another status, message, warning or
measure. Such cases are then judged anew from their files, without being simulated: see
unit.rejudging. Records from before there was a number have 0.
"""

VERDICT_VERSION = 2
