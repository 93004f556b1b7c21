import type { RecordedPipelineEvent } from '../pipeline/events'
import { idOfReported } from '../pipeline/ci_report'
import { formatMissing } from '../pipeline/format_fetch'
import type { JournalEvent } from '../pipeline/event_cursor'
import type { PipelineState } from '../pipeline/pipeline_state'
import { MAX_REF_BYTES } from '../pipeline/ref_name'
import { clean } from '../rollout/model/verdict'
import { excerpt, type Redact } from '../system/redaction'
import type { BusMessage } from './message_form'

/** The most changes of a push that its message lists: brokers have limits, and each change has an event of its own. */
const MAX_CHANGES = 100

type Facts = Omit<BusMessage, 'schema' | 'id' | 'at' | 'event'>

const NONE: Facts = {
  repository: null,
  delivery: null,
  ref: null,
  commit: null,
  build: null,
  result: null,
  why: null,
  seconds: null,
  environment: null,
  tag: null,
  run: null,
  plan: null,
  verdict: null,
  hostsThatHaveIt: null,
  hostsThatLackIt: null,
  packages: [],
  changes: [],
  changeCount: 0,
}

/** Returns the machine message of an event. It names no person. The state says which commit a build is of. */
export function messageOf({ id, event }: JournalEvent, state: PipelineState, redact: Redact): BusMessage {
  const { at, type } = event
  const facts = { ...NONE, ...factsOf(event, state) }
  const why = facts.why === null ? null : withoutCredentials(clean(redact(facts.why)))
  return { schema: 'lockstep/bus/1', id, at, event: type, ...facts, why }
}

function factsOf(event: RecordedPipelineEvent, state: PipelineState): Partial<Facts> {
  switch (event.type) {
    case 'push taken': {
      const { repository, delivery, changes } = event
      const [only] = changes
      const listed = changes.slice(0, MAX_CHANGES).map(({ ref, before, after }) => ({
        ref: bounded(ref),
        before: orNull(before),
        after: orNull(after),
      }))
      const ref = changes.length === 1 && only !== undefined ? bounded(only.ref) : null
      return { repository, delivery, ref, changes: listed, changeCount: changes.length }
    }
    case 'commit seen': {
      const { repository, delivery, ref, commit } = event
      return { repository, delivery, ref: bounded(ref), commit }
    }
    case 'change passed over': {
      const { delivery, ref, why } = event
      const repository = state.deliveries.get(delivery)?.repository ?? null
      return { repository, delivery, ref: bounded(ref), why }
    }
    case 'commit gone': {
      const { repository, commit, why } = event
      return { repository, commit, why }
    }
    case 'build asked for': {
      const { repository, commit } = event
      return { repository, commit }
    }
    case 'build begun': {
      const { build, repository, commit } = event
      return { build, repository, commit, ref: firstRef(state, build) }
    }
    case 'build ordered':
    case 'order lost':
    case 'build taken': {
      const { build } = event
      const { repository = null, commit = null } = state.commitOf(build) ?? {}
      return { build, repository, commit, ref: firstRef(state, build) }
    }
    case 'build ended': {
      const { build, result, why, seconds } = event
      const { repository = null, commit = null } = state.commitOf(build) ?? {}
      return { build, repository, commit, ref: firstRef(state, build), result, why, seconds }
    }
    case 'build located': {
      const { build } = event
      const { repository = null, commit = null } = state.commitOf(build) ?? {}
      return { build, repository, commit, ref: firstRef(state, build) }
    }
    case 'report taken': {
      const { repository, commit } = event
      return { repository, commit, build: idOfReported(event) }
    }
    case 'report passed over': {
      const { repository, commit, why } = event
      return { repository, commit, why }
    }
    case 'fetch begun': {
      const { repository, commit, environment, tag } = event
      return { repository, commit, environment, tag }
    }
    case 'hosts have fetched': {
      const { repository, commit, environment, tag, has, missing } = event
      const hostsThatLackIt = missing.reduce((sum, { hosts }) => sum + hosts.count, 0)
      const why = hostsThatLackIt === 0 ? null : formatMissing(missing)
      return { repository, commit, environment, tag, hostsThatHaveIt: has.count, hostsThatLackIt, why }
    }
    case 'packages announced': {
      const { repository, packages } = event
      return { repository, packages: packages.map(({ name, version }) => ({ name, version })) }
    }
    case 'refresh begun': {
      const { repository, environment } = event
      return { repository, environment }
    }
    case 'hosts have refreshed': {
      const { repository, environment, has, missing } = event
      const hostsThatLackIt = missing.reduce((sum, { hosts }) => sum + hosts.count, 0)
      const why = hostsThatLackIt === 0 ? null : formatMissing(missing)
      return { repository, environment, hostsThatHaveIt: has.count, hostsThatLackIt, why }
    }
    case 'plan asked for': {
      const { repository, environment } = event
      return { repository, environment }
    }
    case 'plan begun': {
      const { repository, commit, environment, tag, run } = event
      return { repository, commit, environment, tag, run }
    }
    case 'plan ended': {
      const { repository, commit, environment, tag, run, plan, result, why } = event
      return { repository, commit, environment, tag, run, plan, result, why }
    }
    case 'plan approved':
    case 'approval ended':
    case 'rollout begun': {
      const { repository, commit, environment, tag, run, plan } = event
      return { repository, commit, environment, tag, run, plan }
    }
    case 'rollout ended': {
      const { repository, commit, environment, tag, run, result, verdict, why } = event
      const plan = state.deploys.plans.find(({ rollout }) => rollout?.run === run)?.outcome?.plan ?? null
      return { repository, commit, environment, tag, run, plan, result, verdict, why }
    }
  }
}

function firstRef(state: PipelineState, build: string): string | null {
  const [ref] = state.commitOf(build)?.refs ?? []
  return ref === undefined ? null : bounded(ref)
}

function orNull(id: string | null): string | null {
  return id === null ? null : bounded(id)
}

/** Returns a text of the person who pushed, as long as a ref may be. */
function bounded(text: string): string {
  return excerpt(text, MAX_REF_BYTES).toWellFormed()
}

/** Words of git may have a URL in them, and a URL a password. */
export function withoutCredentials(words: string): string {
  return words.replace(/([a-z][a-z\d+.-]*:\/\/)[^\s/?#]*@/gi, '$1***@')
}
