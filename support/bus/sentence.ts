import { nameRef } from '../pipeline/ref_globs'
import { clean } from '../rollout/model/verdict'
import { formatSeconds } from '../system/duration'
import { shortId } from '../system/git_names'
import type { BusMessage } from './message_form'

const MAX_NAME = 80

/** Returns the one sentence that tells people of an event, fit for a chat: one line, without control characters. */
export function sentenceOf(message: BusMessage): string {
  return `${message.repository ?? 'a repository'}: ${wordsOf(message)}`
}

function wordsOf({ event, ref, commit, result, why, seconds, changes, changeCount }: BusMessage): string {
  const on = ref === null ? '' : ` on ${nameOf(ref)}`
  const tests = `the tests of ${nameCommit(commit)}${on}`
  const time = seconds === null ? '' : ` ${formatSeconds(seconds * 1000)}`
  const reason = why ?? 'no reason is known'
  switch (event) {
    case 'push taken': {
      const [first] = changes
      if (first === undefined) return 'a push changed nothing'
      const others = changeCount - 1
      const more = others === 0 ? '' : `, and ${others} more`
      return first.after === null
        ? `a push removed ${nameOf(first.ref)}${more}`
        : `a push moved ${nameOf(first.ref)} to ${nameCommit(first.after)}${more}`
    }
    case 'commit seen':
      return `the repository shows ${nameCommit(commit)}${on}`
    case 'change passed over':
      return `${ref === null ? 'a change' : nameOf(ref)} was passed over: ${reason}`
    case 'commit gone':
      return `${nameCommit(commit)} is not tested: ${reason}`
    case 'build asked for':
      return `${nameCommit(commit)} is to be tested again`
    case 'build begun':
      return `${tests} begin`
    case 'build ended':
      if (result === 'succeeded') return `${tests} passed${time && ` in${time}`}`
      if (result === 'failed') return `${tests} FAILED${time && ` after${time}`}: ${reason}`
      return `${tests} were interrupted, and begin again: ${reason}`
    default:
      return event
  }
}

function nameOf(ref: string): string {
  return clean(nameRef(ref), MAX_NAME)
}

function nameCommit(id: string | null): string {
  return id === null ? 'a commit' : shortId(clean(id))
}
