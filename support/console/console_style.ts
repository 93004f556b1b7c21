import { PAPER_TOKENS, TOKENS } from '../reporting/html/style_tokens'

/** The styles of all pages of the console. They share their colours with the report, and fetch nothing. */
export const CONSOLE_STYLE = `${TOKENS}
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
a { color: var(--accent); text-underline-offset: .15em } a:hover { text-decoration-thickness: .14em }
:focus-visible { outline: .2rem solid var(--accent); outline-offset: .15rem; border-radius: .2rem }
.skip { position: absolute; left: -99rem; padding: .5rem 1rem; background: var(--paper); z-index: 1 } .skip:focus { left: .5rem; top: .5rem }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem 1.4rem; padding: .55rem 1.2rem; border-bottom: 1px solid var(--line); background: var(--soft) }
.top .brand { font-weight: 700; letter-spacing: .02em; color: var(--ink); text-decoration: none }
.top ul { display: flex; flex-wrap: wrap; gap: .1rem .3rem; list-style: none; margin: 0; padding: 0 }
.top li a { display: block; padding: .25rem .65rem; border-radius: .35rem; color: var(--ink); text-decoration: none }
.top li a:hover { background: var(--paper); text-decoration: underline }
.top li a[aria-current] { background: var(--paper); box-shadow: inset 0 -.16rem var(--accent); font-weight: 600 }
.top .who { margin-left: auto; color: var(--muted); font-size: .92em }
main { max-width: 72rem; margin: 0 auto; padding: 1.1rem 1.2rem 4rem }
h1 { margin: 0 0 .2rem; font-size: 1.6rem; line-height: 1.25 } h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; line-height: 1.3 }
h3 { margin: 1.2rem 0 .3rem; font-size: 1rem }
h2 small, h3 small { font-weight: normal; color: var(--muted) }
p { margin: .35rem 0 } ul, ol { padding-left: 1.2rem; margin: .4rem 0 }
.plain { list-style: none; padding: 0 }
.muted { color: var(--muted) } .good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) }
.lead { font-size: 1.05rem }
pre, code { font: 13px/1.5 ui-monospace, monospace }
pre { margin: .35rem 0; padding: .5rem .7rem; background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; white-space: pre-wrap }
pre.text { max-height: 36rem; overflow: auto }
code { background: var(--soft); border-radius: .25rem; padding: .05rem .25rem } pre code { padding: 0; background: none }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; margin: .6rem 0 }
.card > :first-child { margin-top: 0 } .card > :last-child { margin-bottom: 0 }
.card.out { border-color: var(--bad); border-left-width: .4rem } .card.wait { border-color: var(--warn); border-left-width: .4rem }
.card.going { border-color: var(--accent); border-left-width: .4rem } .card.well { border-color: var(--good); border-left-width: .4rem }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: .8rem; margin: .6rem 0 } .cards .card { margin: 0 }
.mark { display: inline-block; padding: 0 .5rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .85em; font-weight: 600; white-space: nowrap }
dl.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1.1rem; margin: .6rem 0 }
dl.facts dt { color: var(--muted) } dl.facts dd { margin: 0 }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--line) }
a.act { display: inline-block; border: 1px solid currentColor; border-radius: .35rem; padding: .45rem 1rem; margin: .2rem .3rem .2rem 0; font-weight: 600; text-decoration: none }
form button { margin: .3rem .4rem .3rem 0 }
td > ul, td > details { margin: 0 } th, td { overflow-wrap: break-word } time { white-space: nowrap }
thead th { color: var(--muted); font-weight: normal; font-size: .9em } tbody th { font-weight: 600 }
form.find { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: end; margin: .8rem 0; padding: .7rem .9rem; background: var(--soft); border-radius: .5rem }
form.find label { display: block; font-size: .9em; color: var(--muted) }
input, select, button { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--muted); border-radius: .35rem; padding: .35rem .55rem; max-width: 100%; min-height: 2.4rem }
input[type=radio] { min-height: 0; width: 1.1rem; height: 1.1rem; margin: .2rem 0; flex: none } .away { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }
fieldset.tags { flex-basis: 100%; min-width: 0; margin: 0; padding: .5rem .8rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--paper) } fieldset.tags legend { font-weight: 600; padding: 0 .3rem }
form.find fieldset.tags li { display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: flex-start; padding: .3rem 0; border-bottom: 1px solid var(--line) } fieldset.tags li:last-child { border: 0 } form.find fieldset.tags li label { display: inline; flex: 1 1 14rem; font-size: 1em; color: var(--ink) } form.find fieldset.tags label[for=other], form.find fieldset.tags .away { flex: none } form.find fieldset.tags input[type=radio] { width: 1.1rem }
button { font-weight: 600; cursor: pointer; padding: .35rem 1rem }
details { margin: .4rem 0 } summary { cursor: pointer; padding: .2rem 0 }
.card h2 { margin-top: 0 } .run { border-top: 1px solid var(--line); padding: .7rem 0 } .run p { margin: .1rem 0 } .run ul { margin: .2rem 0 }
.way { display: flex; flex-wrap: wrap; gap: .3rem; list-style: none; padding: 0; margin: .5rem 0; counter-reset: way }
.ways { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .7rem } .ways .way { margin: .3rem 0 }
.way li { border: 1px solid var(--line); border-radius: .35rem; padding: .1rem .6rem; font-size: .9em }
.way li + li::before { content: '→ '; color: var(--muted) }
.way .good, .way .bad, .way .warn { border-color: currentColor; font-weight: 600 } .way .later { color: var(--muted); border-style: dashed }
nav.more { margin: .8rem 0 }
@media (max-width: 44rem) {
  .top { padding: .55rem .8rem } main { padding: .9rem .8rem 3rem } h1 { font-size: 1.35rem } .top li a { padding: .45rem .6rem }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0 } dl.facts dd { margin-bottom: .45rem }
  table, tbody, tr, th, td { display: block } thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0 } th, td { border: 0; padding: .08rem 0 }
  td[data-of]:not(:empty)::before { content: attr(data-of) ': '; color: var(--muted) } td:empty { display: none }
  form.find > *, form.find input, form.find select, form.find button { width: 100% } }
@media (prefers-reduced-motion: no-preference) { a, .top li a { transition: background-color .12s } }
@media print { ${PAPER_TOKENS}
  .top, .skip, form, nav.more { display: none } main { max-width: none; padding: 0 } body { font-size: 1rem } pre, code { font-size: .9rem }
  pre.text { max-height: none } .card, .run, tr { break-inside: avoid } details::details-content { display: block; content-visibility: visible; block-size: auto } }
`
