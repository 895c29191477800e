"""Ctrl-C is heard in all tests, though a shell has what it runs in the background ignore it."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
