import { clean } from '../rollout/model/verdict'
import { formatSeconds } from '../system/duration'
import type { RecordedPipelineEvent } from './events'
import { formatAnswers } from './format_fetch'
import { nameRef, shortId } from './format_pipeline'
import type { PipelineState } from './pipeline_state'

/** The most refs of one push that are named. */
const SHOWN = 5

/** Returns the repository that an event is about, by the state after it; undefined where it fits to nothing before it. */
export function repositoryOf(event: RecordedPipelineEvent, state: PipelineState): string | undefined {
  if ('repository' in event) return event.repository
  return 'build' in event
    ? state.commitOfBuild(event.build)?.repository
    : state.deliveries.get(event.delivery)?.repository
}

/** Formats an event as one sentence with its time in front, by the state after it. */
export function formatEvent(event: RecordedPipelineEvent, state: PipelineState): string {
  return `${event.at}  ${clean(repositoryOf(event, state) ?? 'not known')}: ${sayEvent(event, state)}`
}

function sayEvent(event: RecordedPipelineEvent, state: PipelineState): string {
  switch (event.type) {
    case 'push taken': {
      const { changes, by, teller } = event
      const refs = changes.slice(0, SHOWN).map(({ ref }) => nameRef(ref))
      const more = changes.length > SHOWN ? ` and ${changes.length - SHOWN} more` : ''
      return `${by === null ? 'somebody' : clean(by, 80)} has pushed ${refs.join(', ')}${more}, as ${teller} tells`
    }
    case 'commit seen':
      return `${shortId(event.commit)} is at ${nameRef(event.ref)}`
    case 'change passed over':
      return `${nameRef(event.ref)} is passed over: ${clean(event.why)}`
    case 'build begun':
      return `the tests of ${shortId(event.commit)} begin`
    case 'build ended':
      return `the tests of ${shortId(state.commitOfBuild(event.build)?.commit ?? 'no commit')} ${sayResult(event)}`
    case 'fetch begun':
      return `the hosts of ${clean(event.environment)} are to fetch ${named(event)}`
    case 'hosts have fetched':
      return `${named(event)} is ${formatAnswers(event.environment, event)}`
  }
}

function sayResult({
  result,
  why,
  seconds,
}: Extract<RecordedPipelineEvent, { type: 'build ended' }>): string {
  const time = seconds === null ? '' : ` after ${formatSeconds(seconds * 1000)}`
  const reason = clean(why ?? 'no reason is known')
  switch (result) {
    case 'succeeded':
      return `have passed${time}`
    case 'failed':
      return `have FAILED${time}: ${reason}`
    case 'interrupted':
      return `were interrupted${time}, and begin again: ${reason}`
  }
}

function named({ tag, commit }: { tag: string; commit: string }): string {
  return `${clean(tag)} (${shortId(commit)})`
}
