"""The look of the HTML report: on screens wide and narrow, light and dark, and on paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #fff; --text: #1f2328; --quiet: #57606a; --line: #d5dbe1; --head: #44546a;
  --onhead: #fff; --code: #f3f5f7; --link: #1f4e9e;
  --good: #0b5a26; --goodback: #e3f4e8; --bad: #9c0006; --badback: #fdecec; --badline: #d9868a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181d; --text: #e4e7ea; --quiet: #a0abb6; --line: #37404a; --head: #33415a;
    --onhead: #f2f5f9; --code: #20262d; --link: #8fb8ff;
    --good: #9ddfb1; --goodback: #14301e; --bad: #ffb3ad; --badback: #3a1718; --badline: #8d4347;
  }
}
* { box-sizing: border-box }
body {
  margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; background: var(--page);
  color: var(--text); font: 16px/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.5rem 0 .75rem }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem }
p { margin: .5rem 0 }
a { color: var(--link) }
code, .hash { font: .88em/1.5 ui-monospace, Consolas, "DejaVu Sans Mono", monospace }
code { background: var(--code); border-radius: .25em; padding: .1em .35em; white-space: pre-wrap;
  box-decoration-break: clone; -webkit-box-decoration-break: clone }
.quiet { color: var(--quiet); font-weight: normal }
.verdict { border: 1px solid; border-radius: .5rem; font-size: 1.15rem; font-weight: 600;
  margin: 1rem 0; padding: .75rem 1rem }
.verdict.good { background: var(--goodback); color: var(--good) }
.verdict.bad { background: var(--badback); color: var(--bad) }
.good { color: var(--good) }
.bad { color: var(--bad) }
.cause { border: 1px solid var(--line); border-left: .35rem solid var(--badline);
  border-radius: .4rem; margin: .9rem 0; padding: .7rem 1rem }
.cause h4 { font-size: 1rem; margin: 0 0 .3rem }
.kind { background: var(--badback); border-radius: .3em; color: var(--bad); font-size: .85em;
  font-weight: 600; margin-right: .4em; padding: .15em .5em; white-space: nowrap }
dl { display: grid; gap: .25rem 1rem; grid-template-columns: max-content minmax(0, 1fr);
  margin: .6rem 0 }
dt { color: var(--quiet) }
dd { margin: 0 }
summary { cursor: pointer; color: var(--link) }
.wide { overflow-x: auto; margin: .6rem 0 }
table { border-collapse: collapse; font-size: .92rem; width: 100% }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left;
  vertical-align: top }
thead th { background: var(--head); color: var(--onhead); font-weight: 600; overflow-wrap: normal }
td.number, th.number { text-align: right }
td.number { white-space: nowrap }
td.value { min-width: 13rem }
td.place, td.plain { white-space: nowrap }
footer { border-top: 1px solid var(--line); color: var(--quiet); font-size: .9rem;
  margin-top: 3rem; padding-top: .75rem }
@media (max-width: 40rem) {
  body { font-size: 15px; padding: 1rem .75rem 3rem }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0 }
  dd { margin-bottom: .4rem }
}
@media print {
  @page { margin: 16mm 14mm }
  :root { color-scheme: light;
    --page: #fff; --text: #000; --quiet: #444; --line: #bbb; --head: #e8ebef; --onhead: #000;
    --code: #f3f5f7; --link: #000; --good: #0b5a26; --goodback: #fff; --bad: #9c0006;
    --badback: #fff; --badline: #9c0006 }
  body { font-size: 10pt; max-width: none; padding: 0 1px 0 0 }
  h1 { font-size: 16pt } h2 { font-size: 13pt } h3 { font-size: 11pt }
  h1, h2, h3, h4, summary { break-after: avoid }
  .cause, .verdict, tr, dl > div { break-inside: avoid }
  .cause:has(details) { break-inside: auto }
  thead { display: table-header-group }
  thead th { -webkit-print-color-adjust: exact; print-color-adjust: exact }
  .wide { overflow: visible }
  table { font-size: 9pt }
  td.number, td.place, td.plain { white-space: normal }
  td.value { min-width: 0 }
  section + section { break-before: page }
  details::details-content { content-visibility: visible; display: block }
  .screen { display: none }
  a { text-decoration: none }
}
"""
