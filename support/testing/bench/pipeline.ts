import { randomUUID } from 'node:crypto'
import type { PipelineSettings } from '../../config/pipeline_setting'
import { HookTriggers } from '../../server/hook_triggers'
import { fetchParts } from '../../server/fetches'
import type { Part } from '../../server/part'
import { partsWith } from '../../server/parts'
import { serve } from '../../server/serve'
import { startEmbedded } from '../../simulation/embedded'
import { pretendCommit } from '../../simulation/pretend_git'
import { fetchOnHosts, takesTag } from '../../survey/fetch_on_hosts'
import { withFleet } from '../../survey/with_fleet'
import { systemClock } from '../../system/clock'
import { redactNothing } from '../../system/redaction'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { spread } from './measure'

const SIZES = [100, 1_000]
const ROUNDS = 5
const CLASS = 'roles::website'

/**
 * Measures the time from a push that was taken to the answers of all hosts that they have it, next to one plain call that
 * has the same hosts fetch. The repository, its mirror and its build are real, and the build does nothing; the hosts are
 * simulated. The discovery of the hosts is in the first, and not in the second.
 */
export async function pipelineRows(): Promise<string[]> {
  const rows: string[] = []
  for (const hosts of SIZES) {
    const scratch = new Scratch()
    rows.push(...(await rowsOf(hosts, scratch)))
    scratch.remove()
  }
  return rows
}

async function rowsOf(hosts: number, scratch: Scratch): Promise<string[]> {
  const names = Array.from({ length: hosts }, (_, index) => `web${index + 1}`)
  const tags = ['v0']
  const { environment, embedded } = await startEmbedded(
    { name: 'test', repository: {}, git: { website: tags }, backends: {}, hosts: names.map(host) },
    { env: {}, hostname: 'control', uid: 0 },
  )
  const csv = scratch.write('hosts.csv', `host,role\n${names.map((name) => `${name},${CLASS}\n`).join('')}`)
  const inventory = [{ kind: 'csv' as const, path: csv, delimiter: 'comma' as const }]
  const expecting = { ...environment, inventory }
  const { signal } = new AbortController()
  const whole: number[] = []
  const ratios: number[] = []
  try {
    await withFleet(environment, { clock: systemClock, signal }, async ({ client }) => {
      await serving(hosts, scratch, expecting, async (push) => {
        for (let round = 1; round <= ROUNDS; round += 1) {
          const tag = `v${round}`
          tags.push(tag)
          const seconds = await push(tag)
          tags.push(`plain${round}`)
          const from = systemClock.elapsed()
          const inputs = { repository: 'website', tag: `plain${round}` }
          const asked = { agent: 'git', action: 'fetch', inputs, hosts: names, within: 60_000, signal }
          const { outcomes } = await client.call(asked)
          const plain = (systemClock.elapsed() - from) / 1000
          if ([...outcomes.values()].some(({ kind }) => kind !== 'answered'))
            throw new Error('not every host has fetched by the plain call')
          whole.push(seconds)
          ratios.push(seconds / plain)
        }
      })
    })
  } finally {
    await embedded?.stop()
  }
  return [
    `| ${hosts} hosts: from a push to the answer of each that it has it, s | ${spread(whole)} | |`,
    `| ${hosts} hosts: the same ÷ one plain call that has them fetch | ${spread(ratios)} | |`,
  ]
}

const host = (identity: string) => ({
  identity,
  classes: [CLASS],
  facts: {},
  packages: {},
  services: {},
  checks: {},
  without: [],
  serves: { website: 'v0' },
  fault: undefined,
})

/** Serves a repository, and hands over what pushes a tag to it and resolves with the seconds until all hosts have it. */
async function serving(
  hosts: number,
  scratch: Scratch,
  environment: Awaited<ReturnType<typeof startEmbedded>>['environment'],
  work: (push: (tag: string) => Promise<number>) => Promise<void>,
): Promise<void> {
  const repository = new GitRepository(scratch.path)
  const end = new AbortController()
  const settings: PipelineSettings = {
    spool: scratch.path,
    listen: { host: '127.0.0.1', port: 0 },
    bus: undefined,
    runners: new Map(),
    secretFiles: [],
    repositories: [
      {
        name: 'website',
        url: repository.url,
        branches: [],
        tags: ['*'],
        triggers: [],
        build: { kind: 'command', command: ['true'], within: 60_000, environment: [] },
        fetches: [{ environment: 'test', hostClass: CLASS }],
      },
    ],
    warnings: [],
  }
  const fleets = {
    takesTag,
    // Simulated hosts have commits of their own, by the name of the tag.
    fetch: (order: Parameters<typeof fetchOnHosts>[0], signal: AbortSignal) =>
      fetchOnHosts(
        { ...order, commit: pretendCommit(order.repository, order.tag) },
        { environmentOf: () => environment, clock: systemClock },
        signal,
      ),
  }
  const pusher: Part = {
    name: 'pusher',
    async run({ receiver, pipeline }) {
      try {
        await work(async (tag) => {
          const after = repository.commit({ tag })
          repository.send('HEAD', `refs/tags/${tag}`)
          const everywhere = new Promise<void>((resolve) => {
            const stop = pipeline.onEvent((event) => {
              if (event.type !== 'hosts have fetched' || event.tag !== tag || event.has.count !== hosts)
                return
              stop()
              resolve()
            })
          })
          const from = systemClock.elapsed()
          const changes = [{ ref: `refs/tags/${tag}`, before: undefined, after }]
          const push = { repository: 'website', by: undefined, changes }
          await receiver.receive({ push, teller: 'hook', sameness: randomUUID() })
          await everywhere
          return (systemClock.elapsed() - from) / 1000
        })
      } finally {
        end.abort()
      }
    },
  }
  const quiet = { info: () => {}, warn: () => {}, error: () => {} }
  await serve({
    settings,
    triggers: new HookTriggers([]),
    state: scratch.path,
    env: process.env,
    clock: systemClock,
    log: quiet,
    redact: redactNothing,
    parts: [...partsWith(undefined), ...fetchParts(settings, fleets), pusher],
    signal: end.signal,
    onReady: () => {},
  })
}
