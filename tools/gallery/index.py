"""The page on which a person looks through the gallery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

_HEAD = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>Gallery</title>
<style>
body { font: 14px/1.5 sans-serif; margin: 24px; background: #16202E; color: #E8EEF4; }
h2 { margin: 32px 0 8px; } nav a { margin-right: 12px; display: inline-block; } a { color: #4CA3FF; }
figure { display: inline-block; margin: 0 12px 12px 0; vertical-align: top; }
figcaption { color: #A9B8C9; font-size: 12px; } img { width: 420px; border: 1px solid #2A384B; }
li { color: #FF7A73; }
</style>
"""


def write(out: Path, found: Mapping[str, Sequence[str]]) -> Path:
    """Write index.html over the pictures below `out`; `found`: what is wrong, and the pictures it was seen in."""
    screens = sorted(each for each in out.iterdir() if each.is_dir())
    parts = [_HEAD, f"<h1>{sum(1 for _ in out.glob('*/*.png'))} pictures, {len(found)} findings</h1>"]
    if found:
        lines = (
            f"<li>{escape(what)} <small>{escape(', '.join(seen[:4]))}</small></li>"
            for what, seen in found.items()
        )
        parts.append(f"<ul>{''.join(lines)}</ul>")
    parts.append(f"<nav>{''.join(f'<a href=#{each.name}>{each.name}</a>' for each in screens)}</nav>")
    for screen in screens:
        parts.append(f'<h2 id="{screen.name}">{screen.name}</h2>')
        for picture in sorted(screen.glob("*.png")):
            place = f"{screen.name}/{picture.name}"
            parts.append(
                f'<figure><a href="{place}"><img loading="lazy" src="{place}" alt=""></a>'
                f"<figcaption>{picture.stem}</figcaption></figure>"
            )
    page = out / "index.html"
    page.write_text("\n".join(parts), "utf-8")
    return page
