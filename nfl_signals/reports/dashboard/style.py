"""How the dashboard looks on light and dark, on a desk and on a phone, and its few lines of script.

Colours are variables; marks in charts take them by class (`plot.py`). Text on its ground has a
contrast of at least 4.5 to 1 in both. Without script everything is there, only not sortable.
"""

from nfl_signals.reports.shared.plot import SHAPES

_LIGHT = (
    "--ground:#f6f8fa;--card:#fff;--ink:#1f2328;--soft:#57606a;--rule:#d0d7de;--mine:#0969a8;"
    "--other:#a34f00;--limit:#b3261e;--ok:#116329;--info:#0b5cad;--warning:#8a4600;"
    "--critical:#b3261e;--none:#57606a"
)
_DARK = (
    "--ground:#0d1117;--card:#161b22;--ink:#e6edf3;--soft:#a3adb8;--rule:#3a424c;--mine:#58b4f5;"
    "--other:#f0a35e;--limit:#ff8b82;--ok:#56d364;--info:#79c0ff;--warning:#f0b35e;"
    "--critical:#ff8b82;--none:#a3adb8"
)

STYLE = f"""
:root{{color-scheme:light dark;{_LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--ground);color:var(--ink);line-height:1.5;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:16px}}
main,header,footer,nav{{max-width:1400px;margin:0 auto;padding:0 20px}}
header{{padding-top:20px}}
h1{{font-size:1.5rem;margin:0 0 .25rem}} h2{{font-size:1.2rem;margin:2.2rem 0 .6rem}}
h3{{font-size:1rem;margin:1.2rem 0 .4rem}} p{{margin:.4rem 0;max-width:75ch}}
a{{color:var(--info)}} .soft{{color:var(--soft);font-size:.9rem}}
nav ul{{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;list-style:none;padding:0;margin:.8rem 0 0}}
.cards{{display:grid;gap:14px;grid-template-columns:repeat(3,minmax(0,1fr))}}
.card,figure,details{{background:var(--card);border:1px solid var(--rule);border-radius:8px;
padding:12px 14px;margin:0;min-width:0;overflow-wrap:anywhere}}
.cards+.cards{{margin-top:14px}} .card h3{{margin-top:0}}
.card{{border-top:4px solid var(--level,var(--rule))}}
.state{{font-weight:700;color:var(--level)}} .state .icon{{margin-right:.4em}}
.ok{{--level:var(--ok)}}.info{{--level:var(--info)}}.warning{{--level:var(--warning)}}
.critical{{--level:var(--critical)}}.none{{--level:var(--none)}}
figure svg{{display:block;width:100%;height:auto;color:var(--ink)}}
figcaption b{{display:block;font-size:.92rem;line-height:1.35}}
figcaption span{{display:block;color:var(--soft);font-size:.8rem;margin:.15rem 0 .4rem}}
details{{margin-top:14px}} summary{{cursor:pointer;font-weight:600}}
details .cards{{margin-top:10px}} details figure{{border-color:transparent;padding:4px 0}}
.scroll{{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:8px;
margin:.6rem 0}}
table{{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}}
caption{{text-align:left;padding:10px 12px 4px;color:var(--soft);font-size:.85rem;max-width:88vw}}
th,td{{padding:6px 12px;text-align:right;white-space:nowrap;border-top:1px solid var(--rule)}}
th:first-child,.words{{text-align:left}} td.words{{white-space:normal;min-width:8em}}
thead th{{border-top:0;color:var(--soft);
font-weight:600;vertical-align:bottom;white-space:normal}} tbody th{{font-weight:600}}
th button{{all:unset;cursor:pointer;text-decoration:underline dotted}}
th button:focus-visible{{outline:2px solid var(--info)}}
ol.episodes{{list-style:none;margin:.6rem 0;padding:0;display:grid;gap:10px}}
ol.episodes p{{max-width:none}}
.track{{position:relative;height:12px;background:var(--ground);border:1px solid var(--rule);
border-radius:6px;margin:.4rem 0 .2rem;overflow:hidden}}
.bar{{position:absolute;top:0;bottom:0;min-width:6px;border-radius:6px;background:var(--level)}}
.ends{{display:flex;justify-content:space-between;color:var(--soft);font-size:.8rem}}
dl{{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.35rem 1.2rem;margin:0}}
dt{{font-weight:600}} dd{{margin:0;color:var(--soft)}}
footer{{padding-top:24px;padding-bottom:30px}}
{SHAPES}
.grid{{stroke:var(--rule)}}.axis{{fill:var(--soft)}}
.mine{{stroke:var(--mine);fill:var(--mine)}}.other{{stroke:var(--other);fill:var(--other)}}
.limit{{stroke:var(--limit);fill:var(--limit)}}.quiet{{stroke:var(--soft);fill:var(--soft)}}
.band{{fill:var(--mine);stroke:none}}.line{{fill:none}}.label{{stroke:none}}.dot{{stroke:none}}
@media (max-width:1000px){{.cards{{grid-template-columns:minmax(0,1fr)}}}}
@media (max-width:600px){{main,header,footer,nav{{padding-left:12px;padding-right:12px}}
dl{{grid-template-columns:minmax(0,1fr);gap:0}} dd{{margin-bottom:.6rem}} .card,figure,
details{{padding:10px}} th,td{{padding:6px 8px}}}}
"""

SCRIPT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    let up = false;
    button.addEventListener("click", () => {
      up = !up;
      const value = row => {
        const cell = row.cells[column];
        return cell.dataset.sort ?? cell.textContent;
      };
      const number = text => Number(text.replace(/[ %+,]/g, ""));
      const order = (a, b) => {
        const [x, y] = [value(a), value(b)];
        const gap = number(x) - number(y);
        return isNaN(gap) ? x.localeCompare(y, "en") : gap;
      };
      const rows = [...body.rows].sort((a, b) => up ? order(a, b) : order(b, a));
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      body.replaceChildren(...rows);
    });
  });
}
"""
