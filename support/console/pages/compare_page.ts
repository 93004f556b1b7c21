import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { clean } from '../../rollout/model/verdict'
import { addressOf, faultsOf, hostsOf, linkTo, listOf, nameOf, tableOf } from './parts'

const MAX_RESOURCES = 200
const MAX_STATES = 5

/** The states that a release has left of each resource, each with the hosts that have it. */
export type LeftStates = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

export interface CompareData {
  environment: string
  from: ReleaseSide
  to: ReleaseSide
  faults: readonly string[]
}

export interface ReleaseSide {
  release: string
  states: LeftStates
  /** The hosts of its live runs. */
  hosts: readonly string[]
  /** The parameters of its last live run. */
  parameters: Readonly<Record<string, string>>
}

/** Shows two releases side by side: the states that their runs have left, those that differ first. */
export function comparePage({ environment, from, to, faults }: CompareData): Markup {
  const names = [...new Set([...from.states.keys(), ...to.states.keys()])].sort()
  const differing = names.filter((name) => textOf(from.states.get(name)) !== textOf(to.states.get(name)))
  const rows = differing
    .slice(0, MAX_RESOURCES)
    .map((name) => [page`${nameOf(name)}`, cell(from.states.get(name)), cell(to.states.get(name))])
  const left = differing.length - MAX_RESOURCES
  const alike = names.length - differing.length
  const [own, other] = [new Set(from.hosts), new Set(to.hosts)]
  const alone: [string, string[]][] = [
    [`only ${nameOf(from.release)} was for`, from.hosts.filter((host) => !other.has(host))],
    [`only ${nameOf(to.release)} was for`, to.hosts.filter((host) => !own.has(host))],
  ]
  const columns = ['resource', nameOf(from.release), nameOf(to.release)]
  return page`${faultsOf(faults)}<p class="lead">${linkTo(addressOf('history', environment, from.release), nameOf(from.release))} and ${linkTo(addressOf('history', environment, to.release), nameOf(to.release))} in ${nameOf(environment)}: the states that their live runs have left, by the history.</p>
${rows.length === 0 ? page`<p>No resource differs by the history.</p>\n` : tableOf('Resources that differ', columns, rows)}${
    left > 0 ? page`<p class="muted">… and ${left} more</p>\n` : NOTHING
  }<p class="muted">${alike === 1 ? '1 resource is' : `${alike} resources are`} alike, on the same hosts.</p>
${alone.filter(([, hosts]) => hosts.length > 0).map(([what, hosts]) => page`<p>${what}: ${hostsOf(hosts)}</p>\n`)}${parametersOf(from, to)}`
}

function textOf(states: ReadonlyMap<string, readonly string[]> | undefined): string {
  const each = [...(states ?? [])].map(([state, hosts]) => JSON.stringify([state, [...hosts].sort()]))
  return each.sort().join('\n')
}

function cell(states: ReadonlyMap<string, readonly string[]> | undefined): Markup {
  if (states === undefined) return page`<span class="muted">not changed</span>`
  return listOf(
    [...states].map(
      ([state, hosts]) => page`${clean(state, 200)} <span class="muted">on ${hostsOf(hosts, 4)}</span>`,
    ),
    MAX_STATES,
  )
}

/** Returns a parameter of a release; one may be called as a member that every object has. */
function valueOf({ parameters }: ReleaseSide, name: string): string | undefined {
  return Object.hasOwn(parameters, name) ? parameters[name] : undefined
}

function parametersOf(from: ReleaseSide, to: ReleaseSide): Markup {
  const names = [...new Set([...Object.keys(from.parameters), ...Object.keys(to.parameters)])].sort()
  const rows = names
    .filter((name) => valueOf(from, name) !== valueOf(to, name))
    .slice(0, MAX_RESOURCES)
    .map((name) => [nameOf(name), nameOf(valueOf(from, name) ?? 'none'), nameOf(valueOf(to, name) ?? 'none')])
  if (rows.length === 0) return NOTHING
  return page`<h2>Parameters that differ</h2>\n${tableOf('Parameters that differ', ['name', nameOf(from.release), nameOf(to.release)], rows)}`
}
