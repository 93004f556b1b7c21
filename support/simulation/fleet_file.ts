import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { HAPROXY_FAULTS, type HaproxyFault } from './haproxy'
import { FAULTS, parseFault, type Fault } from './faults'
import type { FleetDescription } from './fleet'
import type { HostDescription } from './simulated_host'
import { readConfigFile } from '../config/files'
import { allowKnownKeys } from '../config/known_keys'
import { placesIn, readYaml } from '../config/yaml_file'

const text = v.pipe(
  v.union([v.string(), v.number(), v.boolean()], 'text'),
  v.transform((value) => String(value)),
)
const checkState = v.picklist(['ok', 'warning', 'critical', 'unknown'], 'ok, warning, critical or unknown')
const fault = v.pipe(
  v.string('the name of a fault'),
  v.check((written) => parseFault(written) !== undefined, `one of: ${Object.keys(FAULTS).join(', ')}`),
  v.transform((written) => parseFault(written)),
)

const range = v.pipe(
  v.string('a host name, or a range such as web[1-8].example.net'),
  v.regex(/^[\w.-]*(\[\d+-\d+\])?[\w.-]*$/, 'a host name, or a range such as web[1-8].example.net'),
)

const group = allowKnownKeys({
  hosts: range,
  classes: v.optional(v.array(v.string('a class')), []),
  facts: v.optional(v.record(v.string(), text), {}),
  packages: v.optional(v.record(v.string(), text), {}),
  services: v.optional(v.record(v.string(), v.picklist(['running', 'stopped'], 'running or stopped')), {}),
  checks: v.optional(
    v.record(v.string(), v.union([checkState, v.array(checkState)], 'a state, or a list of states in turn')),
    {},
  ),
  serves: v.optional(v.record(v.string(), text), {}),
  sites: v.optional(v.record(v.string(), v.array(text, 'a list of users')), {}),
  puppet: v.optional(
    allowKnownKeys({
      release: v.optional(text, 'simulated'),
      changes: v.optional(v.record(v.string(), text), {}),
    }),
  ),
  compiles: v.optional(v.string('a repository that the hosts serve')),
  without: v.optional(v.array(v.string()), []),
  fault: v.optional(fault),
  agents: v.optional(v.picklist(['ruby'], 'ruby')),
})

const schema = allowKnownKeys({
  repository: v.optional(v.record(v.string(), v.array(text, 'a list of versions, oldest first')), {}),
  git: v.optional(v.record(v.string(), v.array(text, 'a list of tags, oldest first')), {}),
  haproxy: v.optional(v.record(v.string(), range), {}),
  fleet: v.pipe(v.array(group, 'a list of groups of hosts'), v.minLength(1, 'at least one group of hosts')),
})

const MAX_HOSTS = 20_000

/**
 * Reads the hosts of an embedded fleet. `faults` (`host: fault`) are added to those of the file.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readFleetFile(path: string, faults: Readonly<Record<string, Fault>> = {}): FleetDescription {
  const text = readConfigFile(path, 'fleet', 'embedded fleet')
  const { repository, git, fleet, haproxy } = readYaml(path, text, schema)
  const where = (...keys: (string | number)[]) => placesIn(path, text).where(keys)
  const names = new Set<string>()
  const hosts = fleet.flatMap((entry, index) =>
    expand(() => where('fleet', index, 'hosts'), entry.hosts).map((identity): HostDescription => {
      if (names.has(identity)) {
        const place = where('fleet', index, 'hosts')
        throw new LockstepError('bad-config', `${place}: the host ${identity} is described twice`)
      }
      names.add(identity)
      return {
        identity,
        classes: entry.classes,
        facts: entry.facts,
        packages: entry.packages,
        services: entry.services,
        checks: Object.fromEntries(
          Object.entries(entry.checks).map(([name, states]) => [name, [states].flat().map(checkResult)]),
        ),
        serves: entry.serves,
        sites: entry.sites,
        puppet: entry.puppet,
        compiles: entry.compiles,
        without: entry.without,
        fault: faults[identity] ?? entry.fault,
        agents: entry.agents,
      }
    }),
  )
  const stranger = Object.keys(faults).find((name) => !names.has(name))
  if (stranger !== undefined) {
    throw new LockstepError('bad-config', `LOCKSTEP_FAULTS: there is no host ${stranger} in ${path}`)
  }
  const backends = Object.fromEntries(
    Object.entries(haproxy).map(([name, servers]) => [name, expand(() => where('haproxy', name), servers)]),
  )
  return { repository, git, hosts, backends }
}

/** A fault of the embedded fleet's HAProxy, from its n-th question on. */
export interface HaproxyFaultFrom {
  fault: HaproxyFault
  from: number
}

const HAPROXY = 'haproxy='

/** Reads the `haproxy=truncated from question 9` among faults. */
export function parseHaproxyFault(written: string): HaproxyFaultFrom | undefined {
  const part = written
    .split(',')
    .map((item) => item.trim())
    .find((item) => item.startsWith(HAPROXY))
  if (part === undefined) return undefined
  const [, name = '', from = '1'] = /^haproxy=(\w+)(?: from question ([1-9]\d{0,5}))?$/.exec(part) ?? []
  const fault = HAPROXY_FAULTS.find((each) => each === name)
  if (fault !== undefined) return { fault, from: Number(from) }
  throw new LockstepError(
    'bad-config',
    `LOCKSTEP_FAULTS: ${JSON.stringify(part)}; expected haproxy=fault, with a fault of: ${HAPROXY_FAULTS.join(', ')}`,
  )
}

/** Reads `web3.example.net=lies, db1.example.net=silent from step 2`. */
export function parseFaults(written: string): Record<string, Fault> {
  const faults: Record<string, Fault> = {}
  for (const part of written.split(',').map((item) => item.trim())) {
    if (part === '' || part.startsWith(HAPROXY)) continue
    const [host = '', fault = ''] = part.split('=').map((item) => item.trim())
    const parsed = parseFault(fault)
    if (parsed === undefined) {
      const known = Object.keys(FAULTS).join(', ')
      throw new LockstepError(
        'bad-config',
        `LOCKSTEP_FAULTS: ${JSON.stringify(part)}; expected host=fault, with a fault of: ${known}`,
      )
    }
    faults[host] = parsed
  }
  return faults
}

function expand(where: () => string, written: string): string[] {
  const [, before = '', from, to, after = ''] = /^([^[]*)\[(\d+)-(\d+)\](.*)$/.exec(written) ?? []
  if (from === undefined || to === undefined) return [written]
  const count = Number(to) - Number(from) + 1
  if (count < 1 || count > MAX_HOSTS) {
    throw new LockstepError(
      'bad-config',
      `${where()}: ${written} is a range of ${count} hosts; expected 1 to ${MAX_HOSTS}`,
    )
  }
  return Array.from({ length: count }, (_, index) => `${before}${Number(from) + index}${after}`)
}

function checkResult(state: 'ok' | 'warning' | 'critical' | 'unknown') {
  const exitcode = ['ok', 'warning', 'critical', 'unknown'].indexOf(state)
  return { exitcode, output: `${state.toUpperCase()} - simulated`, perfdata: '' }
}
