import { PAPER_TOKENS, TOKENS } from './style_tokens'

/** The colours, for light screens and dark ones. */
export const COLOURS = `${TOKENS}@media (prefers-color-scheme: dark) { .c-silent { fill: var(--silent) } .i-silent { fill: #15181c } .c-not { fill: var(--not) }
  .i-not { fill: var(--not-ink) } }
`

const PAPER = `* { box-sizing: border-box }
body { margin: 0 auto; max-width: 70rem; padding: 1rem 1.2rem 3rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; overflow-wrap: anywhere }
`

/** The rules for what stands on a page of a run. */
export const CONTENT = `h1 { margin: 0; font-size: 1.9rem; letter-spacing: .02em }
h2 { margin: 1.6rem 0 .4rem; font-size: 1.1rem } h3 { margin: 1.2rem 0 .3rem; font-size: 1rem }
h2 .muted { font-weight: normal; font-size: .85em }
p { margin: .3rem 0 }
.feature { font-size: 1.15rem; font-weight: 600 }
.muted, .no, .took { color: var(--muted) }
.good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) }
header { border-left: .35rem solid currentColor; padding-left: .9rem }
header + p { margin-top: 1rem }
header.apart { border-left-style: dashed } .next p::first-letter { text-transform: uppercase }
header > :not(h1) { color: var(--ink) }
.about { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: .5rem 0 0; font-size: .9rem }
.about div { display: flex; gap: .35rem } .about dt { color: var(--muted); font-weight: normal } .about dd { margin: 0 }
section.stop { border-left: .35rem solid var(--bad); padding-left: .9rem; margin: 1rem 0 } section.stop h2 { margin: .3rem 0 }
section.stop dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem .8rem; margin: .2rem 0 }
section.stop dd { margin: 0 }
section.within { border-color: var(--warn) }
section.out { border: 1px solid var(--warn); border-radius: .4rem; padding: .5rem .8rem; margin: 1rem 0 }
.careful { background: var(--careful); border-radius: .4rem; padding: .5rem .8rem }
pre, code { font: 13px/1.45 ui-monospace, monospace }
pre { margin: .3rem 0; padding: .5rem .7rem; background: var(--soft); border-radius: .4rem; white-space: pre-wrap }
dl { margin: .8rem 0 } dt { font-weight: 600 } dd { margin: 0 0 .5rem }
.wide { overflow-x: auto }
table { border-collapse: collapse }
td { overflow-wrap: break-word; text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid var(--line) }
.row { display: grid; grid-template-columns: minmax(0, 24rem) minmax(288px, 1fr); gap: .1rem 1rem; align-items: center;
  padding: .12rem 0; border-bottom: 1px solid var(--line) }
.row svg { display: block; max-width: 100% } .row svg.bar { min-width: 288px; max-width: none }
.tally { color: var(--muted); font-size: .85em } .bar { background: var(--soft) }
.times { font-size: .92em; width: 100% } .times th { text-align: left; font-weight: normal; vertical-align: top; padding: .2rem 1rem .2rem 0;
  border-bottom: 1px solid var(--line) } .times thead th { color: var(--muted); white-space: nowrap } .times td:not(:last-child) { white-space: nowrap }
.times .bar { min-width: 9rem } .times th[scope=row] { min-width: 12rem }
.course, .most { fill: var(--accent) } .odd { fill: var(--bad) } .span { fill: var(--accent); opacity: .5 } .late { fill: var(--ink) } .track { fill: var(--line) }
.wave { fill: var(--ink); opacity: .45 } .defs { position: absolute }
.legend span { margin-right: .9rem; white-space: nowrap } .legend svg { vertical-align: -.2em }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: 0 .8rem .3rem }
summary { cursor: pointer; padding: .45rem 0; font-weight: 600 }
summary .took, summary .muted { font-weight: normal }
ol { list-style: none; margin: 0 0 .6rem; padding: 0 }
li { display: grid; grid-template-columns: 1.3rem minmax(0, 1fr) auto; gap: 0 .3rem; padding: .15rem 0 }
li > :nth-child(n + 4) { grid-column: 2 / -1 }
li .took { text-align: right; padding-left: .6rem; white-space: nowrap }
.seen { font-size: .92em }
@media (max-width: 40rem) { body { padding: .8rem .7rem 2rem } .row { grid-template-columns: minmax(0, 1fr) }
  .times, .times tbody, .times tr, .times th, .times td:last-child { display: block } .times thead { display: none }
  .times td { display: inline-block; padding: 0 .8rem 0 0; border: 0 } .times th[scope=row] { border: 0; padding: .3rem 0 0 }
  .times td::before { color: var(--muted) } .times td:nth-child(2):not(:empty)::before { content: 'answered ' }
  .times td:nth-child(3):not(:empty)::before { content: 'first ' } .times td:nth-child(4):not(:empty)::before { content: 'median ' }
  .times td:nth-child(5):not(:empty)::before { content: '95 % ' } .times td:nth-child(6):not(:empty)::before { content: 'last ' }
  .times td:nth-child(7):not(:empty)::before { content: 'whole line ' } .times td:last-child { border-bottom: 1px solid var(--line); padding: 0 0 .3rem }
  li { grid-template-columns: 1.3rem minmax(0, 1fr) } li .took { grid-column: 2; text-align: left; padding: 0 } }
@media print { ${PAPER_TOKENS}
  body { max-width: none; font-size: 1rem; padding: 0 } pre, code { font-size: .9rem } details::details-content { display: block; content-visibility: visible; block-size: auto }
  li, .row, tr { break-inside: avoid } }
`

/** The styles of the page, for light screens and dark ones, telephones and paper. The page fetches nothing. */
export const STYLE = `${COLOURS}${PAPER}${CONTENT}`
