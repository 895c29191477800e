"""What is asked of the C library and of the kernel.

The fork server has this, too, so it imports little: see engines/fork_server.
"""

from __future__ import annotations

import os
import resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes
    from collections.abc import Iterable, Mapping

# Where Linux tells what is free; other systems have no such files.
MEMORY, CPU_TIMES = "/proc/meminfo", "/proc/stat"
BOOT_ID = "/proc/sys/kernel/random/boot_id"
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _MOST_MMAP_THRESHOLD = -1, -3, 32 << 20
_libc: ctypes.PyDLL | None = None


def libc() -> ctypes.PyDLL:
    """Return the C library."""
    global _libc
    if _libc is None:
        import ctypes  # takes a while, and not every process needs it

        _libc = ctypes.PyDLL(None)
    return _libc


def die_with(parent: int, number: int = _SIGKILL) -> None:
    """Have this process sent a signal when `parent`, who started it, dies (Linux only).

    One that has started others itself is to be told and not killed, so that it ends these, too.
    """
    if hasattr(libc(), "prctl"):
        libc().prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def give_back_free_memory() -> None:
    """Return to the system what malloc holds and does not use (the GNU library only)."""
    if hasattr(libc(), "malloc_trim"):
        libc().malloc_trim(0)


def boot_id() -> str:
    """Return what changes when this machine is started anew; nothing where it does not tell."""
    try:
        with open(BOOT_ID, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def keep_free_memory(most: int) -> None:
    """Have malloc keep so many bytes for itself that are given back to it (the GNU library only).

    Arrays of some 10 kB that come and go would otherwise be taken from the kernel each time anew,
    and it clears every page.
    """
    if hasattr(libc(), "mallopt"):
        libc().mallopt(_M_TRIM_THRESHOLD, most)
        libc().mallopt(_M_MMAP_THRESHOLD, min(most, _MOST_MMAP_THRESHOLD))


def have_default(signals: Iterable[int]) -> None:
    """Have these signals do to this process what they do by default."""
    for number in signals:
        libc().signal(number, None)


def address_space() -> int:
    """Return the bytes of this process's address space, 0 where the system does not tell."""
    try:
        file = os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return 0
    try:
        return int(os.read(file, 100).split()[0]) * resource.getpagesize()
    finally:
        os.close(file)


def smaller(limit: int, most: int) -> int:
    """Return a limit, but no more than `most`, which may be infinite."""
    return limit if most == resource.RLIM_INFINITY else min(limit, most)


def set_limits(pid: int, limits: Mapping[int, int]) -> None:
    """Set a process's limits, by the number of the resource, such that it cannot raise them."""
    for kind, limit in limits.items():
        resource.prlimit(pid, kind, (limit, limit))


def write_whole(handle: int, data: bytes) -> None:
    """Write all of the data."""
    while data:
        data = data[os.write(handle, data) :]
