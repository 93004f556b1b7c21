import type { ApiRead } from '../console/api/api_route'
import type { LookDesk } from '../console/looks/look_view'
import type { Look, LookAnswer } from '../looks/look'
import { document, formOf } from './api_document'

/** The looks of a page. */
const MAX_LOOKS = 50

/** Returns what the API reads of looks at hosts: who asked, when, and what the hosts said. */
export function lookReads(desk: LookDesk): ApiRead[] {
  const documentOf = (
    looks: readonly Look[],
    answerOf: (look: Look) => LookAnswer | undefined,
    next?: { from: string },
  ) =>
    document(
      'lockstep/looks/1',
      {
        looks: looks.map((look) => describe(look, answerOf(look))),
        notKnown: desk.looks === undefined ? ['this process does not serve now'] : [],
      },
      next,
    )
  return [
    {
      name: 'list looks',
      path: '/looks',
      summary: 'The questions to hosts that people asked from here, the newest first, without the answers.',
      query: { from: 'the number at which the page begins, as the link to the next page has it' },
      ...formOf('lockstep/looks/1'),
      async read({ may, query }) {
        const all = (desk.looks?.all() ?? []).filter(({ environment }) => may('look', environment))
        const from = /^\d{1,9}$/.test(query['from'] ?? '') ? Number(query['from']) : 0
        const end = from + MAX_LOOKS
        const next = end < all.length ? { from: String(end) } : undefined
        return documentOf(all.slice(from, end), () => undefined, next)
      },
    },
    {
      name: 'get look',
      path: '/looks/:look',
      summary: 'One of them, with what the hosts said.',
      query: {},
      ...formOf('lockstep/looks/1'),
      async read({ may, param }) {
        const look = desk.looks?.find(param('look'))
        if (look === undefined || !may('look', look.environment)) return undefined
        return documentOf([look], ({ id }) => desk.looks?.answerOf(id))
      },
    },
  ]
}

function describe({ id, by, at, environment, wanted, ended }: Look, answer: LookAnswer | undefined) {
  return {
    look: id,
    kind: wanted.kind,
    by,
    askedAt: at,
    environment,
    feature: wanted.kind === 'tags' ? wanted.feature : null,
    repository: wanted.kind === 'tags' ? wanted.repository : null,
    tag: wanted.kind === 'tags' ? wanted.tag : null,
    release: wanted.kind === 'drift' ? wanted.release : null,
    state: ended?.result ?? ('under way' as const),
    endedAt: ended?.at ?? null,
    why: ended?.why ?? null,
    tags: answer?.schema === 'lockstep/tags/1' ? withoutSchema(answer) : null,
    drift: answer?.schema === 'lockstep/drift/1' ? withoutSchema(answer) : null,
  }
}

function withoutSchema<T extends { schema: string }>(document: T): Omit<T, 'schema'> {
  const { schema: _, ...rest } = document
  return rest
}
