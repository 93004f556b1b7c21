import type { ApiRead, ApiRefusal, ApiRequest } from '../console/api/api_route'
import { eventFeed } from '../console/live/event_feed'
import type { LiveRuns } from '../console/live/live_runs'
import { RunEvents } from '../console/live/run_events'
import { document, formOf } from './api_document'
import type { DocumentOf } from './json_forms'

/** The most events of a page, and the characters of events behind which none is added. */
export const MAX_EVENTS = 500
const MAX_CHARACTERS = 1024 * 1024

type Events = DocumentOf<'lockstep/rollout-events/1'>['events']

/** Returns what the API reads of a rollout as it goes: the events of its journal, page by page or as they come. */
export function eventReads(live: LiveRuns): ApiRead[] {
  return [
    {
      name: 'list rollout events',
      path: '/rollouts/:run/events',
      summary: 'The events of a rollout; as server-sent events, also those that come.',
      query: { after: 'the id of the event behind which the page begins; 0 for the first page' },
      ...formOf('lockstep/rollout-events/1'),
      async read(request) {
        const seen = await live.find(runOf(request))
        if (seen === undefined) return undefined
        const events = new RunEvents(seen.journal, seen.environment)
        if (!(await skip(events, request.query['after']))) return NO_EVENT
        const page = pageOf(events)
        // Nothing was told by now: the right to look may have gone while the journal was read.
        if (!request.may('look', seen.environment)) return undefined
        const { run } = seen.journal
        const { offset: end, fault } = events
        const notKnown = fault === undefined ? [] : [fault]
        const next = isFull(page) ? { after: String(end) } : undefined
        return document('lockstep/rollout-events/1', { run, events: page.events, end, notKnown }, next)
      },
      async stream(request) {
        const { person, signal, query, lastEventId } = request
        const answer = await live.watch(runOf(request), async (_watcher, seen) => {
          const events = new RunEvents(seen.journal, seen.environment)
          if (!(await skip(events, lastEventId ?? query['after']))) return NO_EVENT
          const isGood = () => request.may('look', seen.environment)
          if (!isGood()) return undefined
          const body = live.stream(seen, {
            person,
            signal,
            feedOf: (watcher) => eventFeed(watcher, events),
          })
          return body instanceof ReadableStream ? { body, isGood } : body
        })
        return answer !== undefined && 'retryAfterS' in answer ? { status: 503, ...answer } : answer
      },
    },
  ]
}

const NO_EVENT: ApiRefusal = {
  status: 422,
  sentence: 'no event of this rollout ends at that id; expected the id of one, or 0 for all of them',
}

function runOf({ param, may }: ApiRequest) {
  return { run: param('run'), may }
}

/** Passes over the events up to an id. Resolves with false for one that no event has. */
async function skip(events: RunEvents, after = '0'): Promise<boolean> {
  return /^\d{1,15}$/.test(after) && events.skipTo(Number(after))
}

interface Page {
  events: Events[number][]
  characters: number
}

function pageOf(events: RunEvents): Page {
  const page: Page = { events: [], characters: 0 }
  while (!isFull(page)) {
    const found = events.next()
    if (found === undefined) break
    page.events.push({ offset: found.offset, event: { ...found.entry } })
    page.characters += JSON.stringify(found.entry).length
  }
  return page
}

function isFull({ events, characters }: Page): boolean {
  return events.length >= MAX_EVENTS || characters >= MAX_CHARACTERS
}
