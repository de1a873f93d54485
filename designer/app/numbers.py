"""Numbers as people read them at a glance."""

from __future__ import annotations


def compact(value: float) -> str:
    """Three significant digits with K, M, G or T: 41,200,000 -> 41.2 M."""
    for limit, unit in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e4, " K")):
        if abs(value) >= limit:
            scale = {" T": 1e12, " G": 1e9, " M": 1e6, " K": 1e3}[unit]
            return f"{value / scale:.3g}{unit}"
    return f"{value:,.0f}"


def bytes_text(size: float) -> str:
    """A number of bytes, as memory is counted: 50.2 MiB."""
    for limit, unit in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= limit:
            shown = size / limit
            return f"{shown:.3g} {unit}" if shown < 999.5 else f"{shown:,.0f} {unit}"
    return f"{size:.0f} B"
