"""Raw files as ngspice writes them."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def plot(
    points: Sequence[Sequence[float | str]],
    *,
    name: str = "Transient Analysis",
    names: Sequence[str] = ("time", "v(a)", "v(b)"),
    flags: str = "real",
    form: str = "Binary",
    date: str = "now",
) -> bytes:
    """Return a plot of a raw file; each point has its numbers, in text as they are written."""
    head = f"Title: t\nDate: {date}\nPlotname: {name}\nFlags: {flags}\n"
    head += f"No. Variables: {len(names)}\nNo. Points: {len(points)}\nVariables:\n"
    head += "".join(f"\t{n}\t{name}\tvoltage\n" for n, name in enumerate(names)) + f"{form}:\n"
    if form == "Binary":
        return head.encode() + b"".join(struct.pack(f"<{len(point)}d", *point) for point in points)
    texts = (f"{n}\t" + "\n\t".join(map(str, point)) for n, point in enumerate(points))
    return f"{head}{chr(10).join(texts)}\n\n".encode()
