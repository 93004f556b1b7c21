import type { ApiRead } from '../console/api/api_route'
import { whyOverNow } from '../console/starts/start_routes'
import type { StartSources } from '../console/starts/start_sources'
import { standingOfStart } from '../console/starts/start_words'
import { standingNow } from '../starts/judge_start'
import { planOf, type Start } from '../starts/start_state'
import { document, formOf } from './api_document'

/** The starts of a page. */
const MAX_STARTS = 50

/** Returns what the API reads of starts: what people asked for, its plan, and what became of it. */
export function startReads({ desk, approvalIn, rights }: StartSources): ApiRead[] {
  const documentOf = (starts: readonly Start[], next?: { from: string }) => {
    const over = whyOverNow(desk.starter)
    const notKnown = desk.starter === undefined ? [desk.fault ?? 'this process does not serve now'] : []
    const shown = starts.map((start) => {
      const { approved } = standingNow(start, rights)
      return describe({ ...start, approved }, over(start), approvalIn(start.environment))
    })
    return document('lockstep/starts/1', { starts: shown, notKnown }, next)
  }
  return [
    {
      name: 'list starts',
      path: '/starts',
      summary: 'What people asked for to be rolled out, the newest first, and what waits for whom.',
      query: { from: 'the number at which the page begins, as the link to the next page has it' },
      ...formOf('lockstep/starts/1'),
      async read({ may, query }) {
        const all = (desk.starter?.starts ?? []).filter(({ environment }) => may('look', environment))
        const from = /^\d{1,9}$/.test(query['from'] ?? '') ? Number(query['from']) : 0
        const end = from + MAX_STARTS
        const next = end < all.length ? { from: String(end) } : undefined
        return documentOf(all.toReversed().slice(from, end), next)
      },
    },
    {
      name: 'get start',
      path: '/starts/:start',
      summary: 'One of them.',
      query: {},
      ...formOf('lockstep/starts/1'),
      async read({ may, param }) {
        const start = desk.starter?.starts.find(({ id }) => id === param('start'))
        return start === undefined || !may('look', start.environment) ? undefined : documentOf([start])
      },
    },
  ]
}

function describe(start: Start, over: string | undefined, approval: Parameters<typeof standingOfStart>[1]) {
  const {
    id,
    by,
    askedAt,
    feature,
    environment,
    variables,
    release,
    ticket,
    limit,
    steps,
    approved,
    withdrawn,
    rollout,
  } = start
  const plan = planOf(start)
  return {
    start: id,
    by,
    askedAt,
    feature,
    environment,
    variables,
    release,
    ticket,
    limit,
    standing: standingOfStart(start, approval, over).text,
    over: over ?? null,
    steps: steps.map(({ name, run, begunAt, ended }) => ({
      step: name,
      run,
      begunAt,
      result: ended?.result ?? null,
      why: ended?.why ?? null,
    })),
    plan: plan === undefined ? null : { name: plan.name, hosts: plan.hosts, changes: plan.changes },
    approved: approved === undefined ? null : { at: approved.at, by: approved.by },
    withdrawn: withdrawn ?? null,
    rollout:
      rollout === undefined
        ? null
        : {
            run: rollout.run,
            by: rollout.by,
            begunAt: rollout.begunAt,
            result: rollout.ended?.result ?? null,
            verdict: rollout.ended?.verdict ?? null,
            why: rollout.ended?.why ?? null,
          },
  }
}
