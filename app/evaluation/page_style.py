"""How the report's page looks; its colours are those of the window."""

from __future__ import annotations

import json
from pathlib import Path

import resources

_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--canvas);color:var(--text);line-height:1.55;
font-family:system-ui,-apple-system,"Segoe UI","Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR",
"Noto Sans CJK KR",sans-serif;font-size:16px;overflow-wrap:break-word}
:lang(ko){word-break:keep-all;overflow-wrap:anywhere}
th:lang(ko),td:lang(ko){overflow-wrap:break-word}
header,nav,main,footer{max-width:960px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
footer{padding-top:8px;padding-bottom:48px;color:var(--text_soft);font-size:13px}
a{color:var(--accent_text)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:4px}
.from{margin:0 0 12px;color:var(--text_soft);font-size:14px}
.verdict{display:flex;gap:16px;align-items:flex-start;padding:24px;border-radius:12px;
border:1px solid var(--edge);background:var(--tint)}
.verdict>.icon{width:36px;height:36px;flex:none;margin-top:3px;color:var(--edge)}
.good{--tint:var(--good_soft);--edge:var(--good)}
.bad{--tint:var(--danger_soft);--edge:var(--danger)}
.open{--tint:var(--warning_soft);--edge:var(--warning)}
h1{margin:0;font-size:28px;line-height:1.3;font-weight:650;text-wrap:balance}
.lead{margin:8px 0 0;font-size:16px}
h2{margin:0 0 4px;font-size:20px;line-height:1.35;font-weight:650}
h3{margin:20px 0 6px;font-size:16px;font-weight:650}
p{margin:0 0 10px;max-width:78ch;text-wrap:pretty}
.soft{color:var(--text_soft);font-size:14px}
section{margin:16px 0;padding:22px 24px;background:var(--surface);border:1px solid var(--line);
border-radius:12px}
section>:last-child{margin-bottom:0}
nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:16px 0 0;padding:0;
font-size:14px}
nav a{display:inline-block;padding:4px 0}
.icon{width:16px;height:16px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;
stroke-linejoin:round;vertical-align:-2px}
ol.steps{margin:6px 0 0;padding-left:22px}
ol.steps li{margin:0 0 6px;padding-left:4px}
ul.reasons{list-style:none;margin:8px 0 0;padding:0}
ul.reasons li{display:grid;grid-template-columns:148px 1fr;gap:12px;padding:9px 0;
border-top:1px solid var(--line)}
ul.reasons li:first-child{border-top:0}
.mark{font-weight:600;font-size:14px;white-space:nowrap}
.mark .icon{margin-right:6px}
.holds,.better{color:var(--good)}
.fails{color:var(--danger)}
.worse{color:var(--warning)}
.seen,.same{color:var(--text_soft)}
.wide{overflow-x:auto;margin:12px 0}
table{width:100%;border-collapse:collapse;font-size:15px;font-variant-numeric:tabular-nums}
th,td{padding:8px 6px;text-align:right;vertical-align:top;border-top:1px solid var(--line)}
th:first-child,td:first-child{text-align:left;padding-left:0}
#scores th:first-child{min-width:160px}
dl.who{margin-top:10px;font-size:14px}
th:last-child,td:last-child{padding-right:0}
thead th{border-top:0;color:var(--text_soft);font-size:13px;font-weight:600;vertical-align:bottom}
tbody th{font-weight:400}
tbody th.measure{font-weight:600;padding-top:16px}
tbody.of th[scope=row]{padding-left:14px}
tbody.of tr:nth-child(2)>*{border-top:0}
.candidate{font-weight:650}
td{white-space:nowrap}
td .range{display:block;color:var(--text_soft);font-size:12px;font-weight:400}
.settings th,.settings td{text-align:left;white-space:normal}
.bars .wide{margin-bottom:0}
ol.steps li:last-child{margin-bottom:0}
.bars td.bar{width:50%;min-width:120px;padding-top:6px}
.bars th:nth-child(2){text-align:center}
.bars .bar svg{display:block;width:100%;height:28px}
.bars .gain{fill:var(--good)}
.bars .loss{fill:var(--danger)}
.bars .old{fill:var(--control_line)}
.bars .zero{stroke:var(--text_soft);stroke-width:1;vector-effect:non-scaling-stroke}
.bars .limit{stroke:var(--danger);stroke-width:2;stroke-dasharray:4 3;
vector-effect:non-scaling-stroke}
figure{margin:12px 0 0}
figcaption{font-size:14px;color:var(--text_soft);margin:6px 0 0}
.chart{overflow-x:auto}
.chart>svg{display:block;width:100%;min-width:560px;height:auto;overflow:visible}
.chart text{fill:var(--text_soft);font-size:13px;font-family:inherit}
.chart .grid{stroke:var(--line);stroke-width:1}
.chart path{fill:none;stroke-linejoin:round}
.raw{stroke:var(--chart_train);stroke-width:1;opacity:.3}
.train{stroke:var(--chart_train);stroke-width:2}
.valid{stroke:var(--chart_valid);stroke-width:2.5}
.dot{fill:var(--surface);stroke:var(--chart_valid);stroke-width:2}
.dot.least{fill:var(--chart_valid)}
.chart text.least{fill:var(--text);font-weight:600}
.key{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:10px 0 0;padding:0;
font-size:14px}
.key svg{width:22px;height:12px;margin-right:8px;vertical-align:-1px}
.mix svg{display:block;width:100%;height:24px;border-radius:6px;margin-top:12px}
.share0{fill:var(--accent)}
.share1{fill:var(--chart_train)}
.share2{fill:var(--chart_train);opacity:.75}
.share3{fill:var(--chart_train);opacity:.52}
.share4{fill:var(--chart_train);opacity:.33}
.reply{border-top:1px solid var(--line);padding:14px 0 6px;break-inside:avoid}
.reply h4{margin:0 0 2px;font-size:16px;font-weight:600}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:10px 20px;
margin:10px 0}
.side>.name,.label{margin:0 0 4px;color:var(--text_soft);font-size:13px;font-weight:600}
.said{margin:0;padding:10px 12px;background:var(--question);border-radius:8px;white-space:pre-wrap;
overflow-wrap:anywhere;word-break:normal;text-wrap:wrap;max-width:none;overflow:hidden;font-size:15px;unicode-bidi:plaintext}
.after>.said{background:var(--accent_soft)}
.said.none{color:var(--text_soft);font-style:italic}
details{margin:8px 0}
summary{cursor:pointer;color:var(--accent_text);font-size:14px;padding:3px 0;width:fit-content}
.reply details .said{margin-top:6px}
dl{margin:14px 0 0}
dl+p{margin-top:12px}
dl.facts{display:grid;grid-template-columns:fit-content(45%) 1fr;gap:6px 16px}
dt{font-weight:600}
dd{margin:0}
dl.facts dt{font-weight:400;color:var(--text_soft)}
dl.glossary dd{margin:0 0 12px;max-width:72ch;color:var(--text_soft)}
code{font-family:ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace;font-size:.92em;
overflow-wrap:anywhere}
.warned{display:flex;gap:12px;padding:10px 0;border-top:1px solid var(--line)}
h2+.warned{border-top:0}
.warned>.icon{flex:none;margin-top:5px;color:var(--warning)}
.warned p{margin:0 0 4px}
.note{padding:12px 16px;border-radius:8px;background:var(--warning_soft);margin:12px 0 0}
.note p{margin:0}
@media (max-width:640px){header,nav,main,footer{padding-left:14px;padding-right:14px}
section,.verdict{padding:16px}h1{font-size:23px}ul.reasons li{grid-template-columns:1fr;gap:2px}
dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:8px}}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{body{background:none;font-size:11pt}nav{display:none}
header,main,footer{max-width:none;padding-left:0;padding-right:0}
section{border:0;border-top:1px solid var(--line);border-radius:0;padding:14px 0}
.wide,.chart{overflow:visible}h2,h3,h4{break-after:avoid}tr,figure,.warned{break-inside:avoid}
.verdict,svg,.said{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details::details-content{content-visibility:visible;block-size:auto}}
"""


def style() -> str:
    """The page's style; dark where the reader's system is, and light on paper."""
    path = Path(resources.__file__).parent / "themes" / "tokens.json"
    colours: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))["colour"]
    light, dark = (_variables(colours[name]) for name in ("light", "dark"))
    night = f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return f":root{{color-scheme:light dark;{light}}}\n{night}{_RULES}"


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())
