"""A real browser for what people look at: pages are laid out by headless Chromium and measured inside it."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --virtual-time-budget=20000"
)
FLAGS = _FLAGS.split(" ")
SCHEMES = {"dark": 0, "light": 1}

# For each frame: whether it is wider than its window, and the text that is hardest to read (WCAG 2.1, 1.4.3).
MEASURE = """
function rgb(c){const m=c.match(/[\\d.]+/g).map(Number);return m.length<4?[...m,1]:m}
function light(c){return c.slice(0,3).map(v=>{v/=255;return v<=.03928?v/12.92:((v+.055)/1.055)**2.4})
  .reduce((s,v,i)=>s+v*[.2126,.7152,.0722][i],0)}
function ratio(a,b){const x=light(a),y=light(b);return (Math.max(x,y)+.05)/(Math.min(x,y)+.05)}
function behind(e,w){for(;e;e=e.parentElement){const c=rgb(w.getComputedStyle(e).backgroundColor);if(c[3]>.99)return c}
  return w.matchMedia('(prefers-color-scheme: dark)').matches&&
    w.getComputedStyle(w.document.documentElement).colorScheme.includes('dark')?[18,18,18,1]:[255,255,255,1]}
function measure(f){const w=f.contentWindow,d=f.contentDocument,t=d.createTreeWalker(d.body,NodeFilter.SHOW_TEXT);
  let worst=99,words='';while(t.nextNode()){const e=t.currentNode.parentElement,s=w.getComputedStyle(e);
    if(!t.currentNode.data.trim()||e.closest('style,script,title')||!e.getClientRects().length)continue;
    const r=ratio(rgb(s.color),behind(e,w));if(r<worst){worst=r;words=t.currentNode.data.trim().slice(0,60)}}
  return {name:f.name,width:f.width*1,wide:d.documentElement.scrollWidth,contrast:Math.round(worst*100)/100,words,
    remote:[...d.querySelectorAll('[src],link[href]')].map(e=>e.src||e.href).filter(u=>/^(https?:)?\\/\\//.test(u))}}
onload=()=>{document.body.dataset.found=JSON.stringify([...document.querySelectorAll('iframe')].map(measure))}
"""


def measured(pages: dict[str, str], widths: tuple[int, ...], scheme: str, folder: Path) -> list[dict[str, Any]]:
    """What the browser found on each page at each width, in a light or a dark world."""
    frames = "".join(
        f'<iframe name="{html.escape(name)}" width="{width}" height="900" srcdoc="{html.escape(page)}"></iframe>'
        for name, page in pages.items()
        for width in widths
    )
    harness = folder / f"harness-{scheme}.html"
    harness.write_text(f"<!doctype html><script>{MEASURE}</script><body>{frames}</body>", encoding="utf-8")
    profile = f"--user-data-dir={folder / f'profile-{scheme}'}"
    settings = f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"
    assert CHROMIUM is not None
    command = [CHROMIUM, *FLAGS, profile, settings, "--window-size=1400,900", "--dump-dom", harness.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)
    found: list[dict[str, Any]] = json.loads(html.unescape(done.stdout.partition('data-found="')[2].partition('"')[0]))
    return found
