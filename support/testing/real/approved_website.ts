import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { readPipeline } from '../../pipeline/pipeline_journal'
import type { PipelineEvent } from '../../pipeline/events'
import { JOURNAL_SUFFIX } from '../../system/journal_lines'
import { CLASS, WEB, WebsitePipeline, type ShownPlan } from './website_pipeline'

/** Returns the feature that deploys the website, with more lines where they are given. */
export function deployFeature(more = ''): string {
  return `Feature: Deploy the website
  Background:
    Given I want to update hosts with class ${CLASS}
    And there should be exactly 3 hosts
    And the repository website
    And the tag <tag>
    And the tag should have passed its tests
    Then every host should have the tag

  Scenario Outline: The website on <wave>
    Given I take <wave>
    When I deploy the tag
    Then the deployed tag should be <tag>
${more}
    Examples:
      | wave     |
      | 1 host   |
      | the rest |
`
}

/** A website whose deploys a person approves. Builds have a user of their own, and post scripts wait while they are told to. */
export class ApprovedWebsite {
  private constructor(
    readonly pipeline: WebsitePipeline,
    private readonly builder: string,
  ) {}

  /** Starts all of it, as root alone can. */
  static async start(
    builder: string,
    people?: Parameters<typeof WebsitePipeline.start>[0]['people'],
  ): Promise<ApprovedWebsite> {
    execFileSync('useradd', ['--system', '--create-home', '--shell', '/usr/sbin/nologin', builder])
    try {
      const pipeline = await WebsitePipeline.start({
        deployed: { act: 'approval', user: builder },
        feature: deployFeature(),
        ...(people === undefined ? {} : { people }),
        scripts: (_, path) => ({
          pre: 'true',
          post: `echo ran >>$FOLDER/posts\nwhile [ -e ${join(path, 'slow')} ]; do sleep 0.2; done`,
        }),
      })
      return new ApprovedWebsite(pipeline, builder)
    } catch (error) {
      spawnSync('userdel', ['--remove', builder])
      throw error
    }
  }

  async stop(): Promise<void> {
    this.goOn()
    await this.pipeline.stop()
    spawnSync('userdel', ['--remove', this.builder])
  }

  /** Lets post scripts wait until `goOn`. */
  delayScripts(): void {
    writeFileSync(this.at('slow'), '')
  }

  goOn(): void {
    rmSync(this.at('slow'), { force: true })
  }

  at(...names: string[]): string {
    return join(this.pipeline.scratch.path, ...names)
  }

  /** Returns the commits that the web hosts serve, as their links say. */
  served(): string[] {
    return WEB.map((host) => {
      const link = join(this.pipeline.folder(host), 'current')
      return existsSync(link) ? basename(readlinkSync(link)) : 'nothing'
    })
  }

  /** Returns how often the post script of each host has run. */
  posts(): number[] {
    return WEB.map(
      (host) => readFileSync(join(this.pipeline.folder(host), 'posts'), 'utf8').split('\n').length - 1,
    )
  }

  planOf(commit: string): ShownPlan | undefined {
    return this.pipeline.shown(commit)?.plans.at(-1)
  }

  /** Returns the name of the plan of a commit, once it is made. */
  async untilPlanned(commit: string): Promise<string> {
    await this.pipeline.until('it is planned', () => (this.planOf(commit)?.state ?? 'running') !== 'running')
    expect(this.planOf(commit)?.state, this.planOf(commit)?.why ?? '').to.equal('succeeded')
    return this.planOf(commit)?.plan ?? ''
  }

  async untilRolledOut(commit: string): Promise<ShownPlan['rollout']> {
    await this.pipeline.until(
      'its rollout has ended',
      () => (this.planOf(commit)?.rollout?.state ?? 'running') !== 'running',
    )
    return this.planOf(commit)?.rollout ?? null
  }

  approve(plan: string): { text: string; status: number | null } {
    return this.pipeline.lockstep('pipeline', 'website', '--approve', plan)
  }

  /** Returns the number of live runs that have come to a journal. */
  liveRuns(): number {
    return readdirSync(this.at('state', 'live')).filter((name) => name.endsWith(JOURNAL_SUFFIX)).length
  }

  eventsOf(type: PipelineEvent['type']): number {
    return readPipeline(this.at('state')).events.filter((event) => event.type === type).length
  }

  /** Kills `lockstep serve` and starts it with another configuration. */
  async restartWith(act: 'approval' | 'run without approval', environment = ''): Promise<void> {
    await this.pipeline.killServe()
    this.pipeline.configure(undefined, { act, user: this.builder }, environment)
    await this.pipeline.serve()
  }
}
