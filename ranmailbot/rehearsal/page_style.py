"""The style of the page: light and dark, wide and narrow, one sheet."""
# ruff: noqa: E501 - a style sheet, not Python

STYLE = """
:root{color-scheme:light dark;--paper:#f6f5f1;--card:#fff;--ink:#1d2530;--soft:#566070;--line:#d9d7cf;--accent:#1f5f8b;
--accent-ink:#fff;--in:#7a4b00;--in-bg:#fdf0d9;--out:#11566b;--out-bg:#e0f1f5;--good:#176639;--bad:#a8201a;--mark:#fff3bf}
@media (prefers-color-scheme:dark){:root{--paper:#14181d;--card:#1c2229;--ink:#e7e9ec;--soft:#a5aebb;--line:#343c47;
--accent:#7cc0ee;--accent-ink:#0d1a24;--in:#f3c983;--in-bg:#3a2d14;--out:#8fd6e8;--out-bg:#12343d;--good:#7fd6a2;
--bad:#ff9a92;--mark:#4a4113}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.wide{max-width:1280px;margin:0 auto;padding:0 20px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.top{background:var(--card);border-bottom:1px solid var(--line);padding-top:20px}
.caller{margin:0;color:var(--soft);font-size:.85rem;letter-spacing:.02em}
h1{margin:.1em 0 .2em;font-size:1.6rem;line-height:1.2;font-weight:650}
h2{font-size:1.25rem;margin:1.2em 0 .4em}h3{font-size:1.02rem;margin:1.4em 0 .5em}
.lead{margin:0 0 14px;color:var(--soft);max-width:70ch}
.sums{display:flex;flex-wrap:wrap;gap:10px 28px;margin:0 0 14px}
.sums div{display:flex;flex-direction:column-reverse}
.sums dt{color:var(--soft);font-size:.85rem}.sums dd{margin:0;font-size:1.35rem;font-weight:650;line-height:1.2}
.good dd{color:var(--good)}.bad dd{color:var(--bad)}
.tabs{display:flex;gap:4px}
.tabs button{font:inherit;font-weight:600;color:var(--soft);background:none;border:0;border-bottom:3px solid transparent;
padding:8px 14px;cursor:pointer}
.tabs button[aria-selected=true]{color:var(--ink);border-color:var(--accent)}
button:focus-visible,select:focus-visible,input:focus-visible,a:focus-visible,summary:focus-visible{outline:3px solid var(--accent);
outline-offset:1px;border-radius:3px}
.panel:focus,.reader:focus{outline:none}
.panel{padding-top:16px;padding-bottom:48px}
.note{background:var(--mark);padding:10px 14px;border-radius:6px}
.days{display:flex;align-items:flex-end;gap:2px;height:74px;overflow-x:auto;padding-bottom:2px;margin-bottom:12px}
.days span{white-space:nowrap;overflow:visible;width:0;margin:0 auto;display:flex;justify-content:center}
.days button{flex:1 0 17px;min-width:17px;height:100%;border:0;background:none;padding:0;cursor:pointer;display:flex;
flex-direction:column;justify-content:flex-end;color:var(--soft);font:10px/1.3 system-ui,sans-serif}
.days button.fresh{flex-basis:36px}
.days i{display:block;background:var(--out);opacity:.55;min-height:2px;border-radius:2px 2px 0 0}
.days i.in{background:var(--in);border-radius:0;min-height:0}
.days button:hover i,.days button[aria-pressed=true] i{opacity:1}
.days button[aria-pressed=true]{color:var(--ink);font-weight:700;background:var(--mark);border-radius:4px}
.filters{display:flex;flex-wrap:wrap;gap:10px;align-items:end;margin:0 0 12px}
.filters label{display:flex;flex-direction:column;font-size:.8rem;color:var(--soft);gap:2px;flex:1 1 150px;max-width:260px}
.filters select,.filters input,.filters button,.pager button,.views button,.more{font:inherit;font-size:.95rem;color:var(--ink);
background:var(--card);border:1px solid var(--line);border-radius:6px;padding:7px 10px;min-width:0;width:100%}
.filters select,.filters input,.filters button{height:40px}
.filters button,.pager button,.views button,.more{width:auto;cursor:pointer}
.filters select,.filters input,.filters button{height:40px}
.filters p{margin:0 0 9px;color:var(--soft);font-size:.9rem}
.split{display:grid;grid-template-columns:minmax(300px,5fr) 8fr;gap:16px;align-items:start}
.list{list-style:none;margin:0;padding:0;background:var(--card);border:1px solid var(--line);border-radius:8px;
max-height:calc(100vh - 40px);overflow:auto;position:sticky;top:16px}
.list h3{margin:0;padding:6px 12px;font-size:.8rem;color:var(--soft);background:var(--paper);position:sticky;top:0;z-index:1;
border-bottom:1px solid var(--line)}
.list button.row{display:grid;grid-template-columns:3.2em 1fr auto;gap:0 8px;width:100%;text-align:left;font:inherit;
color:inherit;background:none;border:0;border-bottom:1px solid var(--line);padding:8px 12px;cursor:pointer}
.list button.row:hover{background:var(--paper)}
.list button.row[aria-current=true]{background:var(--mark)}
.list time{color:var(--soft);font-size:.85rem;font-variant-numeric:tabular-nums}
.list .who{font-weight:600;overflow-wrap:anywhere;font-size:.95rem}
.list .about{grid-column:2/4;color:var(--soft);font-size:.85rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tag{font-size:.75rem;font-weight:600;border-radius:4px;padding:1px 7px;white-space:nowrap;align-self:start;line-height:1.6}
.tag.in{color:var(--in);background:var(--in-bg)}.tag.out{color:var(--out);background:var(--out-bg)}
.more{display:block;margin:12px auto}
.reader{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px 18px;min-height:300px;min-width:0}
.reader h2{margin:.2em 0 .3em;overflow-wrap:anywhere}
.empty{color:var(--soft)}
.pager{display:flex;flex-wrap:wrap;gap:8px;align-items:center;font-size:.9rem;color:var(--soft)}
.pager .back{display:none}
.head{display:grid;grid-template-columns:auto 1fr;gap:1px 12px;font-size:.85rem;margin:8px 0}
.more-head{font-size:.85rem;color:var(--soft)}.more-head summary{cursor:pointer}
.head dt{color:var(--soft)}.head dd{margin:0;overflow-wrap:anywhere}
.views{display:flex;flex-wrap:wrap;gap:6px;margin:10px 0}
.views button[aria-pressed=true]{background:var(--accent);color:var(--accent-ink);border-color:var(--accent)}
.views a{align-self:center;margin-left:auto;font-size:.9rem}
a{color:var(--accent)}
iframe{display:block;width:100%;height:60vh;border:1px solid var(--line);border-radius:6px;background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:.9rem/1.55 ui-monospace,Menlo,Consolas,monospace;background:var(--paper);
border-radius:6px;padding:14px;margin:0}
table{border-collapse:collapse;font-size:.95rem;width:100%}
th,td{text-align:left;padding:5px 10px;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}
tr>:first-child{padding-left:0}tr>:last-child{padding-right:0}
thead th{color:var(--soft);font-size:.85rem}.n{text-align:right;font-variant-numeric:tabular-nums}
tbody th{white-space:normal}
.tables{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(320px,100%),1fr));gap:0 36px}
.scroll{overflow-x:auto}
.faults li{color:var(--bad);margin-bottom:4px;overflow-wrap:anywhere}
details.person{background:var(--card);border:1px solid var(--line);border-radius:8px;margin-bottom:8px;padding:0 16px}
details.person summary{cursor:pointer;padding:10px 0;display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline}
details.person summary b{font-weight:650}details.person summary span{color:var(--soft);font-size:.9rem}
details.person summary .state{margin-left:auto}
details.person .inside{padding:0 0 14px}
.answer{margin:10px 0}.answer p{margin:2px 0}.answer .q{color:var(--soft);font-size:.9rem}
.answer .same{border-left:3px solid var(--good);padding-left:10px}.answer .other{border-left:3px solid var(--bad);padding-left:10px}
.course{margin:8px 0;padding-left:0;list-style:none;font-size:.92rem}
.course li{display:flex;gap:10px;padding:2px 0}
.course button{font:inherit;color:var(--accent);background:none;border:0;padding:0;text-align:left;cursor:pointer;text-decoration:underline;
text-underline-offset:2px}
@media (max-width:820px){
.wide{padding:0 14px}.split{grid-template-columns:minmax(0,1fr)}.list{max-height:none;position:static}
.filters label{flex:1 1 45%;max-width:none}
body.reading .split .list,body.reading .filters,body.reading .days{display:none}
body:not(.reading) .reader{display:none}.pager .back{display:inline-block}
h1{font-size:1.35rem}.reader{padding:14px}
details.person summary .state{margin-left:0}.head{grid-template-columns:minmax(0,1fr)}.head dd{margin-bottom:4px}}
@media (prefers-reduced-motion:no-preference){.days button.fresh{flex-basis:36px}
.days i{transition:opacity .12s}}
"""
