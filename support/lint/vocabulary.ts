import { parseWaveSize } from '../rollout/model/wave_plan'
import type { StepEffect } from './step_effects'
import type { StepText } from './feature_text'

/** Returns the effect of a step. A sentence that is not in the vocabulary may do anything that its keyword allows. */
export function deedOf(step: StepText): StepEffect {
  const values = step.arguments.map(({ value }) => value)
  return (
    VOCABULARY.get(step.expression ?? '')?.(values, step) ?? {
      kind: 'anything',
      acts: step.keyword !== 'outcome',
      looks: step.keyword !== 'context',
    }
  )
}

type Meaning = (values: readonly string[], step: StepText) => StepEffect | undefined

const nothing: Meaning = () => ({ kind: 'nothing' })
const check: Meaning = () => ({ kind: 'sees check' })
const takesOut =
  (drains: boolean): Meaning =>
  () => ({ kind: 'takes out', drains })
const traffic =
  (wanted: 'blocked' | 'unblocked'): Meaning =>
  () => ({ kind: 'sees traffic', wanted })
const version: Meaning = ([name = '', version = '']) => ({ kind: 'sees version', name, version })
const service =
  (to: 'running' | 'stopped'): Meaning =>
  ([name = '']) => ({ kind: 'changes service', name, to })
const seesService =
  (wanted: 'running' | 'stopped'): Meaning =>
  ([name = '']) => ({
    kind: 'sees service',
    name,
    wanted,
  })
const seesPackage =
  (wanted: 'installed' | 'absent'): Meaning =>
  ([name = '']) => ({
    kind: 'sees package',
    name,
    wanted,
  })
const anyAction: Meaning = ([, agent = '']) => ({ kind: 'anything', acts: true, looks: true, agent })
const anyAnswer: Meaning = ([, agent = '']) => ({ kind: 'anything', acts: false, looks: true, agent })

/** The meanings of sentences, by the sentence of `step_definitions`. */
export const VOCABULARY: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [
    'I want to update hosts with class {class}',
    () => ({ kind: 'selects hosts', fixed: false, single: false }),
  ],
  ['I want to update hosts with fact {fact}', () => ({ kind: 'selects hosts', fixed: false, single: false })],
  [
    'I want to update hosts with identity {identity}',
    ([name = '']) => ({ kind: 'selects hosts', fixed: !isPattern(name), single: !isPattern(name) }),
  ],
  [
    'I want to update the hosts listed in {file}',
    () => ({ kind: 'selects hosts', fixed: true, single: false }),
  ],
  [
    'I want to update the hosts:',
    (_, { rows }) => ({ kind: 'selects hosts', fixed: true, single: rows === 1 }),
  ],
  ['I want to pre-discover how many hosts to update', () => ({ kind: 'discovers hosts' })],
  [
    'hosts that are not in the inventory are left alone',
    () => ({ kind: 'counts hosts', exactly: undefined }),
  ],
  ['these faults are rehearsed:', nothing],
  ['this is release {release}', nothing],
  ['I activate release {release}', nothing],
  ['release {release} should have passed in {environment}', nothing],
  ['there should be at least {count} host(s)', () => ({ kind: 'counts hosts', exactly: undefined })],
  [
    'there should be exactly {count} host(s)',
    ([count = '']) => ({ kind: 'counts hosts', exactly: Number(count) }),
  ],

  [
    'the load balancer has ip address {ip}',
    ([name = '']) => ({ kind: 'names balancer', name, firewall: true }),
  ],
  [
    'the load balancer is the haproxy backend {backend}',
    ([name = '']) => ({ kind: 'names balancer', name: `backend ${name}`, firewall: false }),
  ],
  [
    'at least {pool} of the pool must stay in service',
    ([part = '']) => ({ kind: 'keeps pool', all: part === '100%' }),
  ],
  ['the whole pool may be out of service', () => ({ kind: 'lets pool go' })],
  ['I block the load balancer', takesOut(false)],
  ['I drain the load balancer', takesOut(true)],
  ['I drain the load balancer within {duration}', takesOut(true)],
  ['I drain the load balancer within {duration} and then cut what is left', takesOut(true)],
  ['I unblock the load balancer', () => ({ kind: 'puts back' })],
  ['traffic from the load balancer should be blocked', traffic('blocked')],
  ['traffic from the load balancer should be unblocked', traffic('unblocked')],
  ['traffic from the load balancer should be unblocked within {duration}', traffic('unblocked')],
  ['the pool {backend} should have {count} host(s) in service', nothing],
  ['fewer than {percent}% of requests should fail for {duration}', () => ({ kind: 'sees requests' })],

  ['I take the next {wave}', ([written = '']) => wave(written)],
  ['I take {wave}', ([written = '']) => wave(written)],
  ['the hosts are taken as listed', nothing],
  ['the hosts are taken sorted by name', nothing],
  ['the hosts are taken in random order', nothing],
  ['the hosts are taken in random order with seed {int}', nothing],
  ['I wait {duration} between waves', nothing],
  ['up to {allowance} may fail', nothing],
  ['up to {allowance} may fail in each wave', nothing],
  ['on failure healthy hosts go back into rotation', nothing],
  ['on failure every touched host goes back to the version it had', nothing],

  ['I wait for approval', () => ({ kind: 'waits for approval' })],
  ['I wait up to {duration} for approval', () => ({ kind: 'waits for approval' })],
  ['I wait up to {duration} for other rollouts', nothing],
  ['only between {time} and {time} on {days}', nothing],
  ['only between {time} and {time} on {days} in {zone}', nothing],
  ['no host may go back to an older version', nothing],
  ['the rollout should take no longer than {duration}', nothing],

  [
    'I update the package {package}',
    ([name = '']) => ({ kind: 'changes package', name, version: undefined }),
  ],
  [
    'I install version {version} of the package {package}',
    ([version = '', name = '']) => ({ kind: 'changes package', name, version }),
  ],
  ['the package version for {package} should be {version}', version],
  ['the package version for {package} should be {version} within {duration}', version],
  ['the package {package} should be installed', seesPackage('installed')],
  ['the package {package} should be absent', seesPackage('absent')],

  ['I start the service {service}', service('running')],
  ['I stop the service {service}', service('stopped')],
  ['I restart the service {service}', service('running')],
  ['the service {service} should be running', seesService('running')],
  ['the service {service} should be running within {duration}', seesService('running')],
  ['the service {service} should be stopped', seesService('stopped')],
  ['the service {service} should be stopped within {duration}', seesService('stopped')],

  ['the check {check} should be ok', check],
  ['the check {check} should be ok or warning', check],
  ['the check {check} should be ok within {duration}', check],
  ['the check {check} should be ok or warning within {duration}', check],
  ['the check {check} should be ok for {count} checks in a row', check],

  ['I disable puppet', () => ({ kind: 'disables puppet' })],
  ['I disable puppet with the message {string}', () => ({ kind: 'disables puppet' })],
  ['I enable puppet', () => ({ kind: 'enables puppet' })],
  ['puppet should be disabled', () => ({ kind: 'sees puppet', wanted: 'disabled' })],
  ['puppet should be enabled', () => ({ kind: 'sees puppet', wanted: 'enabled' })],

  ['I run the action {word} of the agent {word}', anyAction],
  ['I run the action {word} of the agent {word} with:', anyAction],
  ['the action {word} of the agent {word} should answer {word} {string}', anyAnswer],
  ['the action {word} of the agent {word} should answer {word} {string} with:', anyAnswer],
  ['every host should answer', nothing],
])

/** The sentences that only say how a rollout goes, or whether it may: they come to no verdict about any host. */
const SETTINGS: ReadonlySet<string> = new Set([
  'I want to update hosts with class {class}',
  'I want to update hosts with fact {fact}',
  'I want to update hosts with identity {identity}',
  'I want to update the hosts listed in {file}',
  'I want to update the hosts:',
  'hosts that are not in the inventory are left alone',
  'these faults are rehearsed:',
  'this is release {release}',
  'I activate release {release}',
  'release {release} should have passed in {environment}',
  'the load balancer has ip address {ip}',
  'the load balancer is the haproxy backend {backend}',
  'at least {pool} of the pool must stay in service',
  'the whole pool may be out of service',
  'the hosts are taken as listed',
  'the hosts are taken sorted by name',
  'the hosts are taken in random order',
  'the hosts are taken in random order with seed {int}',
  'I wait {duration} between waves',
  'up to {allowance} may fail',
  'up to {allowance} may fail in each wave',
  'on failure healthy hosts go back into rotation',
  'on failure every touched host goes back to the version it had',
  'I wait for approval',
  'I wait up to {duration} for approval',
  'I wait up to {duration} for other rollouts',
  'only between {time} and {time} on {days}',
  'only between {time} and {time} on {days} in {zone}',
  'no host may go back to an older version',
  'the rollout should take no longer than {duration}',
])

/** Returns whether a sentence is Lockstep's and has a verdict about hosts or their pool once it was carried out. */
export function concludes(expression: string | undefined): boolean {
  return expression !== undefined && VOCABULARY.has(expression) && !SETTINGS.has(expression)
}

/**
 * Returns whether a sentence is Lockstep's and asks or says something to the rollout: all but what only rehearsals
 * read.
 */
export function speaks(expression: string | undefined): boolean {
  return (
    expression !== undefined && VOCABULARY.has(expression) && expression !== 'these faults are rehearsed:'
  )
}

const SELECTING: ReadonlySet<string> = new Set([
  'I want to update hosts with class {class}',
  'I want to update hosts with fact {fact}',
  'I want to update hosts with identity {identity}',
  'I want to update the hosts listed in {file}',
  'I want to update the hosts:',
])

/** Returns whether a sentence says which hosts a feature is for. */
export function selects(expression: string | undefined): boolean {
  return expression !== undefined && SELECTING.has(expression)
}

function wave(written: string): StepEffect | undefined {
  const size = parseWaveSize(written)
  return size === undefined ? undefined : { kind: 'takes wave', size, written }
}

function isPattern(name: string): boolean {
  return /^\/.+\/$/.test(name)
}
