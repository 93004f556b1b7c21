import { clean } from '../rollout/model/verdict'
import { formatSeconds } from '../system/duration'
import { shortId } from '../system/git_names'
import type { BuildElsewhere, RecordedPipelineEvent } from './events'
import { describePlan, describeRollout } from './format_deploy'
import { formatAnswers } from './format_fetch'
import { formatPackages } from './format_packages'
import type { PipelineState, PushedCommit } from './pipeline_state'
import { nameRef } from './ref_globs'

const MAX_NAME = 80

/** Returns the repository that an event is about, by the state after it; undefined where it fits to nothing before it. */
export function repositoryOf(event: RecordedPipelineEvent, state: PipelineState): string | undefined {
  if ('repository' in event) return event.repository
  return 'build' in event
    ? state.commitOf(event.build)?.repository
    : state.deliveries.get(event.delivery)?.repository
}

/**
 * Formats an event as one sentence on one line, by the state after it: for a terminal, for a chat. It names no person.
 */
export function formatEvent(event: RecordedPipelineEvent, state: PipelineState): string {
  return `${clean(repositoryOf(event, state) ?? 'a repository')}: ${describeEvent(event, state)}`
}

/** Formats an event without the name of its repository, as a part of a sentence. */
export function describeEvent(event: RecordedPipelineEvent, state: PipelineState): string {
  switch (event.type) {
    case 'push taken':
      return describePush(event)
    case 'commit seen':
      return `the repository shows ${nameId(event.commit)} on ${nameOf(event.ref)}`
    case 'change passed over':
      return `${nameOf(event.ref)} was passed over: ${clean(event.why)}`
    case 'commit gone':
      return `${nameId(event.commit)} is not tested: ${clean(event.why)}`
    case 'build asked for':
      return `${nameId(event.commit)} is to be tested again`
    case 'build begun':
      return `${nameTests(event.commit, state.commitOf(event.build))} ${event.kind === 'runners' ? 'are for a runner' : 'begin'}${nameElsewhere(event.elsewhere)}`
    case 'build ordered':
      return `${nameTestsOf(event.build, state)} wait for a runner`
    case 'order lost':
      return `the order of ${nameTestsOf(event.build, state)} is to be published again: ${clean(event.why)}`
    case 'build taken':
      return `${nameTestsOf(event.build, state)} were taken by the runner ${clean(event.runner)}`
    case 'build ended':
      return `${nameTestsOf(event.build, state)} ${describeResult(event)}`
    case 'build located':
      return `${nameTestsOf(event.build, state)} ${event.number === null ? 'wait in the queue of their CI' : `run as build ${event.number} of their CI`}`
    case 'report taken':
      return `its CI reports that build ${clean(event.build)} of ${nameId(event.commit)} has ${event.state}`
    case 'report passed over':
      return `a report on ${nameId(event.commit)} was passed over: ${clean(event.why)}`
    case 'fetch begun':
      return `the hosts of ${clean(event.environment)} are to fetch ${nameTag(event)}`
    case 'hosts have fetched':
      return `${nameTag(event)} is ${formatAnswers(event.environment, event)}`
    case 'packages announced':
      return `${formatPackages(event)} announced`
    case 'refresh begun':
      return `the hosts of ${clean(event.environment)} are to refresh their package lists`
    case 'hosts have refreshed':
      return `package lists are refreshed ${formatAnswers(event.environment, event)}`
    case 'plan asked for':
      return `the deploy to ${clean(event.environment)} is to be planned again`
    case 'plan begun':
      return `${nameTag(event)} is being planned for ${clean(event.environment)}`
    case 'plan ended':
      return event.result === 'succeeded'
        ? `${nameTag(event)} is ${describePlan(event.environment, event)}`
        : `the plan of ${nameTag(event)} for ${clean(event.environment)} ${event.result === 'failed' ? 'FAILED' : 'was interrupted'}: ${clean(event.why ?? 'no reason is known')}`
    case 'plan approved':
      return `the plan ${clean(event.plan)} of ${nameTag(event)} for ${clean(event.environment)} is approved${event.by === null ? ' by lockstep.yaml' : ''}`
    case 'approval ended':
      return `the plan ${clean(event.plan)} of ${nameTag(event)} for ${clean(event.environment)} is approved no more: who approved it may not any more`
    case 'rollout begun':
      return `${nameTag(event)} is being rolled out to ${clean(event.environment)} by run ${clean(event.run)}`
    case 'rollout ended': {
      const hosts = state.deploys.plans.find(({ rollout }) => rollout?.run === event.run)?.outcome?.hosts
      return `${nameTag(event)} in ${clean(event.environment)}: ${describeRollout(event.run, hosts?.count, event)}`
    }
  }
}

function describePush({ changes }: Extract<RecordedPipelineEvent, { type: 'push taken' }>): string {
  const [first] = changes
  if (first === undefined) return 'a push changed nothing'
  const more = changes.length === 1 ? '' : `, and ${changes.length - 1} more`
  return first.after === null
    ? `a push removed ${nameOf(first.ref)}${more}`
    : `a push moved ${nameOf(first.ref)} to ${nameId(first.after)}${more}`
}

function describeResult({
  result,
  why,
  seconds,
}: Extract<RecordedPipelineEvent, { type: 'build ended' }>): string {
  const time = seconds === null ? '' : ` ${formatSeconds(seconds * 1000)}`
  const reason = clean(why ?? 'no reason is known')
  switch (result) {
    case 'succeeded':
      return `passed${time && ` in${time}`}`
    case 'failed':
      return `FAILED${time && ` after${time}`}: ${reason}`
    case 'interrupted':
      return `were interrupted, and begin again: ${reason}`
  }
}

function nameTestsOf(build: string, state: PipelineState): string {
  const known = state.commitOf(build)
  return nameTests(known?.commit, known)
}

function nameElsewhere(elsewhere: BuildElsewhere | undefined): string {
  return elsewhere === undefined ? '' : ` as build ${clean(elsewhere.build)} of its CI`
}

function nameTests(commit: string | undefined, known: PushedCommit | undefined): string {
  const [ref] = known?.refs ?? []
  const on = ref === undefined ? '' : ` on ${nameOf(ref)}`
  return `the tests of ${commit === undefined ? 'a commit' : nameId(commit)}${on}`
}

function nameTag({ tag, commit }: { tag: string; commit: string }): string {
  return `${clean(tag)} (${nameId(commit)})`
}

function nameOf(ref: string): string {
  return clean(nameRef(ref), MAX_NAME)
}

function nameId(id: string): string {
  return shortId(clean(id))
}
