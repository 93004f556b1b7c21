import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, relative } from 'node:path'
import { hostFirewall } from '../balancers/firewall'
import { findClientCfg, readClientCfg, type Surroundings } from '../config/client_cfg'
import { DEFAULTS, secretsOf, type Environment } from '../config/environment'
import { heldByRuns, type RunRecord } from '../rollout/held'
import { Ledger } from '../rollout/ledger'
import type { JournalEntry } from '../rollout/ports'
import { Rollout } from '../rollout/rollout'
import { pause, systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { JournalFile, readJournals } from '../system/journal_file'
import { openLog, scrubber } from '../system/log'
import type { EmbeddedFleet } from '../simulation/fleet'
import { mcollectiveFleet, type ReachableFleet } from './fleet'
import type { Run } from './run'

/** What a profile says about the run; cucumber hands it over as world parameters. */
export interface RunParameters {
  mode?: 'embedded' | 'live'
  /** A named environment of lockstep.yaml. */
  environment?: string
  /** The description of an embedded fleet. */
  fleet?: string
}

export const STATE = '.lockstep'
/** How long is listened after the last step, ms. */
const LAST_WORDS = 100
export const EMBEDDED_FLEET = join(__dirname, '..', 'simulation', 'fleet.yaml')

/** Everything that a run needs, put together; the one place where all parts meet. */
export class Composition {
  private readonly rollouts = new Map<string, Rollout>()

  private constructor(
    private readonly run: Run,
    private readonly environment: Environment,
    private readonly fleet: ReachableFleet,
    private readonly journal: JournalFile,
    private readonly ledger: Ledger,
    private readonly embedded: EmbeddedFleet | undefined,
  ) {}

  /** @throws LockstepError `bad-config`; nothing was sent then */
  static async compose(
    run: Run,
    parameters: RunParameters,
    around: Surroundings,
    cwd: string,
  ): Promise<Composition> {
    const mode = parameters.mode ?? 'embedded'
    const { environment, embedded } =
      mode === 'embedded'
        ? await startEmbedded(parameters, around)
        : { environment: liveEnvironment(parameters, around, cwd), embedded: undefined }
    const secrets = secretsOf(environment)
    const journal = new JournalFile(join(cwd, STATE, mode), run.id, () => systemClock.now())
    run.mode = mode
    run.environment = environment.name
    run.warnings = environment.warnings
    run.scrub = scrubber(secrets)
    run.journal = relative(cwd, journal.path)
    run.heldBefore =
      mode === 'live' ? heldByRuns(readJournals<RunRecord['entries'][number]>(join(cwd, STATE, mode))) : []
    const ledger = new Ledger(journal, run.heldBefore)
    const log = openLog(join(cwd, STATE, 'logs'), run.id, secrets)
    const made: { composition?: Composition } = {}
    const fleet = mcollectiveFleet(environment, log, {
      stray: (stray) => made.composition?.overheard(stray),
      note: (text) => run.note(text),
    })
    made.composition = new Composition(run, environment, fleet, journal, ledger, embedded)
    run.held = () => ledger.held
    return made.composition
  }

  /** The rollout of a feature; all its scenarios share one. */
  async rolloutOf(feature: string): Promise<Rollout> {
    const known = this.rollouts.get(feature)
    if (known !== undefined) return known
    const { mode, environment } = this.run
    await this.journal.append({
      type: 'run',
      feature,
      mode,
      environment,
      pid: process.pid,
    } satisfies JournalEntry)
    const rollout = new Rollout({
      fleet: this.fleet,
      journal: this.journal,
      audience: this.run,
      clock: systemClock,
      balancerAt: hostFirewall,
      ledger: this.ledger,
      lookEvery: this.environment.lookEvery,
      stopping: this.run.stopping.signal,
    })
    this.rollouts.set(feature, rollout)
    return rollout
  }

  /** Looks once more at what was put back unseen, writes the end into the journal, and lets go of everything. */
  async end(): Promise<void> {
    try {
      const lost = this.fleet.lost()
      if (lost !== undefined) {
        this.run.refuse(
          new LockstepError('broker-lost', `${lost.message}; it did not come back`, { cause: lost }),
        )
      }
      for (const rollout of this.rollouts.values()) {
        // A second answer that differs from the first may still be on its way when the last host has answered.
        if (rollout.hosts.known !== undefined)
          await pause(systemClock, LAST_WORDS, new AbortController().signal)
        if (rollout.halted === undefined && lost === undefined && !this.run.stopping.signal.aborted)
          await rollout.traffic.settleLedger()
        const late = rollout.takeOverheard().filter(({ fails }) => fails)
        for (const { host, detail } of late) {
          this.run.refuse(new LockstepError('diverged', `after the last step, ${host} ${detail}`))
        }
      }
      if (this.rollouts.size > 0) {
        const held = this.run.exitCode === 0
        await this.journal.append({
          type: 'end',
          held,
          reason: this.run.refused?.code ?? '',
        } satisfies JournalEntry)
      }
    } finally {
      await this.fleet.close()
      await this.embedded?.stop()
      await this.journal.close()
    }
  }

  private overheard(stray: { kind: string; host: string; detail: string; fails: boolean }): void {
    const rollouts = [...this.rollouts.values()]
    rollouts.at(-1)?.overheard(stray)
    if (!stray.fails) this.run.note(`${stray.host} ${stray.detail}`)
  }
}

async function startEmbedded(
  parameters: RunParameters,
  { env }: Surroundings,
): Promise<{ environment: Environment; embedded: EmbeddedFleet }> {
  // Loaded only here: a live run has no use for a simulation.
  const { EmbeddedFleet: Fleet } = require('../simulation/fleet') as typeof import('../simulation/fleet')
  const { parseFaults, readFleetFile } =
    require('../config/fleet_file') as typeof import('../config/fleet_file')
  const path = parameters.fleet ?? env['LOCKSTEP_FLEET'] ?? EMBEDDED_FLEET
  const fleet = readFleetFile(path, parseFaults(env['LOCKSTEP_FAULTS'] ?? ''))
  const secret = randomBytes(16).toString('hex')
  const embedded = new Fleet({ fleet, collective: 'mcollective', secret, clock: systemClock })
  const port = await embedded.start()
  return {
    embedded,
    environment: {
      ...DEFAULTS,
      name: `embedded fleet of ${fleet.hosts.length} simulated hosts`,
      connector: 'activemq',
      brokers: [{ host: '127.0.0.1', port }],
      virtualHost: 'mcollective',
      collective: 'mcollective',
      identity: 'lockstep',
      security: { provider: 'psk', secret, callerid: 'user=lockstep' },
      discoveryWindow: 300,
      lookEvery: 100,
      timeouts: { default: 2_000 },
      directAddressing: true,
      warnings: [],
    },
  }
}

function liveEnvironment({ environment }: RunParameters, around: Surroundings, cwd: string): Environment {
  const { env } = around
  const named = env['LOCKSTEP_CONFIG']
  const config = named ?? join(cwd, 'lockstep.yaml')
  const wanted = environment ?? env['LOCKSTEP_ENVIRONMENT']
  if (named !== undefined || existsSync(config)) {
    // Loaded only where there is one: an mco configuration needs neither YAML nor a schema.
    const { readLockstepYaml } =
      require('../config/lockstep_yaml') as typeof import('../config/lockstep_yaml')
    return readLockstepYaml(config, wanted, around)
  }
  if (wanted !== undefined) {
    throw new LockstepError(
      'bad-config',
      `the environment ${wanted} was asked for, but there is no lockstep.yaml here`,
    )
  }
  const client = findClientCfg(around)
  if (client === undefined) {
    const places = '~/.mcollective, /etc/puppetlabs/mcollective/client.cfg, /etc/mcollective/client.cfg'
    throw new LockstepError(
      'bad-config',
      `there is no fleet to talk to: no lockstep.yaml here, and no MCollective client configuration in ${places}; name one with MCOLLECTIVE_CONFIG=<file>`,
    )
  }
  return readClientCfg(client, around)
}

export function surroundings(): Surroundings {
  return { env: process.env, hostname: hostname(), uid: process.getuid?.() ?? 0 }
}
