import { COLOURS, CONTENT } from '../../reporting/html/page_style'

/** The styles of rollouts: those of their reports, for what stands within `.rollout`, and what is live. */
export const ROLLOUT_STYLE = `${COLOURS}
.rollout .gate { border: 1px solid var(--line); border-left: .4rem solid var(--accent); border-radius: .5rem; padding: .6rem .9rem; margin: .8rem 0 }
.rollout .gate b { font-size: 1.1rem }
.rollout .act { display: inline-block; border: 1px solid currentColor; border-radius: .35rem; padding: .45rem 1rem; margin: .2rem .3rem .2rem 0; font-weight: 600; text-decoration: none }
.rollout { overflow-wrap: anywhere;
${CONTENT} }
.rollout .verdict { margin: 0; font-size: 1.9rem; font-weight: 700; letter-spacing: .02em }
.rollout header > .verdict { color: inherit }
.rollout .going { color: var(--accent) } .rollout .asked { color: var(--muted) }
.rollout .about dt { flex: none }
.rollout .row svg { background: var(--soft) }
.rollout .now svg { background: var(--paper) }
.rollout .now { background: var(--soft); box-shadow: -.35rem 0 var(--accent) }
.rollout :focus-visible, .live :focus-visible { outline: .15rem solid var(--accent); outline-offset: .1rem }
.live { border-left: .35rem solid var(--line); padding: .2rem 0 .2rem .9rem; margin: .6rem 0 }
.live.on { border-color: var(--good) }
.live.lost { border-color: var(--bad); background: var(--careful); font-weight: 600; position: sticky; top: 0; z-index: 1; padding: .5rem .9rem }
.stale { filter: grayscale(1) } .rollout.stale .verdict { text-decoration: line-through; color: var(--muted) }
.rollout .runs { list-style: none; margin: 0; padding: 0 }
.rollout .runs li { display: block; border-left: .35rem solid currentColor; padding: .3rem 0 .3rem .8rem; margin: .5rem 0 }
.rollout .runs .verdict { font-size: 1rem } .rollout .runs .says { display: block; color: var(--ink) }
.rollout a, .live a { color: var(--accent) }
`
