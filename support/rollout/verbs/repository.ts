import { asking, telling, type AskHosts, type PlannableChange, type Refusals } from '../engine/change'
import type { StepContext } from '../engine/step_context'
import type { Answer, Answers } from '../model/answers'
import type { HostGateway } from '../model/obligation'
import { NOT_KNOWN } from '../model/planned_state'
import { observationOf, type Reading } from '../model/reading'
import { hasPassed, type Verdict } from '../model/verdict'
import type { CommitTests } from '../ports'
import { LockstepError } from '../../system/errors'
import { groupBy } from '../../system/groups'
import {
  describeChanges,
  describeNoGit,
  describeServed,
  formatRelease,
  gitStatus,
  NO_RELEASE,
  readGitAnswer,
  type GitAnswer,
} from './git_answer'
import { plannableDeploy } from './plannable_deploy'
import { BoundTags, expectNamed, type NamedTag, type TagCommits } from './tag_commits'

/** A repository whose tags hosts fetch and deploy. Tags are compared by their commit ids, the same on all hosts. */
export class Repository {
  private readonly bound: BoundTags
  private named: string | undefined
  private tag: string | undefined

  constructor(
    private readonly step: StepContext,
    private readonly tests: CommitTests,
    earlier: TagCommits,
    planned: TagCommits = new Map(),
  ) {
    this.bound = new BoundTags(step, earlier, planned)
  }

  /** Names the repository that the lines after this one are about. */
  isCalled(name: string): void {
    this.named = name
  }

  /** Names the tag that the lines after this one are about. */
  hasTag(tag: string): void {
    this.tag = tag
  }

  /** Looks whether every host has the tag, at the same commit. */
  tagShouldBeThere(): Promise<Verdict> {
    const wanted = this.wanted()
    return this.step.executor.look({
      request: this.asking(wanted),
      read: reading((answer) => this.bound.judge(wanted, answer)),
      subject: {
        resource: tagsOf(wanted.repository),
        judge: (seen) => ({ passed: seen === wanted.tag, seen }),
      },
    })
  }

  /**
   * Looks at which commit hosts have the tag, and expects that commit to have passed its tests. The name of a tag says
   * nothing of tests: it may have been at another commit then.
   * @throws LockstepError `gate-closed` by the record of `lockstep serve` alone
   */
  async tagShouldHavePassed(): Promise<Verdict> {
    const wanted = this.wanted()
    const verdict = await this.tagShouldBeThere()
    if (hasPassed(verdict)) this.step.executor.once(() => this.expectTested(wanted))
    return verdict
  }

  /** Fetches tags. A host that does not have the tag afterwards, or for which it has moved, fails. */
  fetch(): Promise<Verdict> {
    const repository = expectNamed(this.named, 'repository', this.step)
    const tag = this.tag
    const inputs = { repository, ...(tag === undefined ? {} : { tag }) }
    return this.step.executor.change({
      order: { tell: telling({ agent: 'git', action: 'fetch', inputs }), seen: describeFetched },
      plannable: plannableFetch(repository, tag),
      repeatable: true,
    })
  }

  /** Deploys the tag. A host is done when a look afterwards finds that it serves the commit. */
  deploy(): Promise<Verdict> {
    const wanted = this.wanted()
    const { repository, tag } = wanted
    return this.step.executor.change({
      beforehand: (hosts, gateway) => this.lookBefore(wanted, hosts, gateway),
      order: {
        tell: (hosts, gateway) => {
          const commit = this.bound.commitOf(wanted)
          if (commit === undefined) throw new Error(`the tag ${tag} is bound to no commit`)
          return telling({ agent: 'git', action: 'deploy', inputs: { repository, tag, commit } })(
            hosts,
            gateway,
          )
        },
        verify: { ask: asking(gitStatus(repository, tag)), read: this.isDeployed(wanted) },
        afterwards: (done, gateway) => this.lookAfter(wanted, done, gateway),
      },
      plannable: plannableDeploy({
        wanted,
        resource: resourceOf(repository),
        ask: this.asking(wanted),
        bound: this.bound,
        willFetch: (host) => this.step.executor.expect(tagsOf(repository), host) !== 'as now',
      }),
      repeatable: true,
    })
  }

  /** Looks whether hosts serve a tag: by its commit, with its files unchanged, after a deploy that came to its end. */
  deployedShouldBe(tag: string): Promise<Verdict> {
    const wanted = { repository: expectNamed(this.named, 'repository', this.step), tag }
    return this.step.executor.look({
      request: this.asking(wanted),
      read: this.isDeployed(wanted),
      subject: {
        resource: resourceOf(wanted.repository),
        judge: (seen) => {
          const commit = this.bound.commitOf(wanted)
          return { passed: commit !== undefined && seen === formatRelease(tag, commit), seen }
        },
      },
    })
  }

  /** Looks whether the files that are served are those of their commit. */
  treeShouldBeUnchanged(): Promise<Verdict> {
    const repository = expectNamed(this.named, 'repository', this.step)
    return this.step.executor.look({
      request: gitStatus(repository),
      read: reading((answer) => ({
        passed: answer.unchanged === true,
        seen:
          answer.unchanged === false && answer.commit !== undefined
            ? `${formatRelease(answer.tag, answer.commit)}, ${describeChanges(answer.changes)}`
            : describeServed(answer),
      })),
      // A release is made of its commit's files alone.
      subject: { resource: resourceOf(repository), judge: (seen) => ({ passed: seen !== NO_RELEASE, seen }) },
    })
  }

  private expectTested(wanted: NamedTag): void {
    const { repository, tag } = wanted
    const commit = this.bound.commitOf(wanted)
    // Hosts would fetch it first, in a plan: at which commit is not known before.
    if (commit === undefined)
      return this.step.executor.shut(
        `${tag} of ${repository} has to have passed its tests, and is at no known commit yet`,
      )
    const named = `${formatRelease(tag, commit)} of ${repository}`
    if (!this.tests.decides)
      return this.step.note(`not now: in a rollout, ${named} would have to have passed its tests`)
    const tested = this.tests.passed(repository, commit)
    if ('build' in tested) return this.step.note(`${named} has passed its tests (build ${tested.build})`)
    const error = new LockstepError(
      'gate-closed',
      `${named} cannot be said to have passed its tests: ${tested.not}`,
    )
    this.step.stopAt(error)
    throw error
  }

  private wanted(): NamedTag {
    return {
      repository: expectNamed(this.named, 'repository', this.step),
      tag: expectNamed(this.tag, 'tag', this.step),
    }
  }

  /** Returns the question where hosts have a tag and what they serve; the first answers bind the tag. */
  private asking(wanted: NamedTag): AskHosts {
    return async (hosts, gateway) => {
      const answers = await asking(gitStatus(wanted.repository, wanted.tag))(hosts, gateway)
      await this.bound.bind(wanted, answers)
      return answers
    }
  }

  private isDeployed(wanted: NamedTag): (answer: Answer) => Reading {
    return reading((answer) => {
      const has = this.bound.judge(wanted, answer)
      const commit = this.bound.commitOf(wanted)
      const serves = describeServed(answer)
      if (commit === undefined || answer.commit !== commit)
        return { passed: false, seen: has.passed ? serves : `${serves}; ${has.seen}` }
      // A host whose tag has moved since serves another commit than its name says.
      if (!has.passed) return { passed: false, seen: `${serves}; ${has.seen}` }
      return { passed: answer.whole && answer.unchanged === true, seen: serves }
    })
  }

  private async lookBefore(
    wanted: NamedTag,
    hosts: readonly string[],
    gateway: HostGateway,
  ): Promise<Refusals> {
    const answers = await this.asking(wanted)(hosts, gateway)
    await this.writeDown(wanted.repository, 'before', answers)
    const judged = hosts.map((host) =>
      observationOf(
        host,
        answers,
        reading((answer) => this.bound.judge(wanted, answer)),
      ),
    )
    return { refused: judged.filter(({ passed }) => !passed), unexpected: answers.unexpected }
  }

  /** Looks at every host that got the order: its own word is about what it did, and not about what it serves. */
  private async lookAfter(wanted: NamedTag, done: Verdict, gateway: HostGateway): Promise<Verdict> {
    const spoke = done.observations.flatMap(({ host, kind }) => (kind === 'silent' ? [] : [host]))
    if (spoke.length === 0) return done
    const answers = await asking(gitStatus(wanted.repository, wanted.tag))(spoke, gateway)
    await this.writeDown(wanted.repository, 'after', answers)
    const looked = new Set(spoke)
    const observations = done.observations.map((own) =>
      own.passed && looked.has(own.host) ? observationOf(own.host, answers, this.isDeployed(wanted)) : own,
    )
    return { observations, unexpected: [...done.unexpected, ...answers.unexpected] }
  }

  private async writeDown(repository: string, moment: 'before' | 'after', answers: Answers): Promise<void> {
    const seen = [...answers.outcomes].flatMap(([host, answer]) => {
      const said = readGitAnswer(answer)
      return said === undefined ? [] : [{ host, state: describeServed(said) }]
    })
    if (seen.length === 0) return
    const states = Object.fromEntries(
      [...groupBy(seen, ({ state }) => state)].map(([state, hosts]) => [
        state,
        hosts.map(({ host }) => host),
      ]),
    )
    await this.step.append({ type: 'served', repository, moment, states })
  }
}

/** Returns the resource of what is served from a repository, as the history names it too. */
function resourceOf(repository: string): string {
  return `git ${repository}`
}

function tagsOf(repository: string): string {
  return `tags of ${repository}`
}

function reading(read: (answer: GitAnswer) => Reading): (answer: Answer) => Reading {
  return (answer) => {
    const said = readGitAnswer(answer)
    return said === undefined ? { passed: false, seen: describeNoGit(answer) } : read(said)
  }
}

function plannableFetch(repository: string, tag: string | undefined): PlannableChange {
  return {
    resource: tagsOf(repository),
    ask: asking(gitStatus(repository, tag)),
    plan(answer) {
      const said = readGitAnswer(answer)
      if (said === undefined) return { now: NOT_KNOWN, to: undefined, fails: describeNoGit(answer) }
      const now = said.tagCommit === undefined || tag === undefined ? 'not known' : tag
      return { now, to: now === 'not known' ? undefined : now, always: true }
    },
    words: (now) => (now === 'not known' ? 'would fetch' : `would fetch: has ${now} already`),
    affectsOthers: false,
  }
}

function describeFetched(answer: Answer): string {
  const moved = answer.kind === 'answered' ? answer.data['moved'] : undefined
  const names = (Array.isArray(moved) ? moved : []).flatMap((each: unknown) => {
    const { tag } = (each ?? {}) as { tag?: unknown }
    return typeof tag === 'string' ? [tag] : []
  })
  return names.length === 0
    ? 'done'
    : `done; tags that have moved were not taken: ${names.slice(0, 5).join(', ')}`
}
