import type { Answer } from '../../rollout/model/answers'
import type { HaproxyBackend } from './backend'
import type { BackendState, ServerState } from './state'

/** One HAProxy's view of one host. */
export interface Sighting {
  place: string
  server: ServerState | undefined
}

interface PlacedState {
  place: HaproxyBackend
  state: BackendState
}

export function readAll(places: readonly HaproxyBackend[]): Promise<PlacedState[]> {
  return Promise.all(places.map(async (place) => ({ place, state: await place.read() })))
}

export function sightings(host: string, states: readonly PlacedState[]): Sighting[] {
  return states.map(({ place, state }) => ({ place: place.place, server: serverOf(host, state) }))
}

/** Returns a host's server, which bears the host's name or the first part of it. */
export function serverOf(host: string, { servers }: BackendState): ServerState | undefined {
  return servers.get(host) ?? servers.get(host.split('.')[0] ?? host)
}

export function hostOf(server: string, hosts: readonly string[]): string {
  return (
    hosts.find((host) => host === server) ?? hosts.find((host) => host.split('.')[0] === server) ?? server
  )
}

export function describeHosts(hosts: readonly string[], states: readonly PlacedState[]): Map<string, Answer> {
  return new Map(
    hosts.map((host): [string, Answer] => {
      const all = sightings(host, states)
      const nowhere = all.find(({ server }) => server === undefined)
      if (nowhere !== undefined) {
        const backend = states[0]?.place.backend
        const message = `is no server of the backend ${backend} (${nowhere.place})`
        return [host, { kind: 'failed', message, data: {} }]
      }
      const out = all.every(isServing) ? false : all.every(isOut) ? true : null
      const sessions = all.reduce((n, { server }) => n + (server?.sessions ?? 0), 0)
      return [host, { kind: 'answered', data: { out, sessions, seen: describeSightings(all) } }]
    }),
  )
}

export function isServing({ server }: Sighting): boolean {
  return server?.inService === true
}

function isOut({ server }: Sighting): boolean {
  return server?.admin === 'maint' || (server?.admin === 'drain' && server.sessions === 0)
}

/** Describes the sightings of all HAProxies; each by its place where they do not agree. */
export function describeSightings(all: readonly Sighting[]): string {
  const texts = all.map(({ server }) => textOf(server))
  const [first] = texts
  if (first === undefined) return 'is known to no HAProxy'
  if (texts.every((text) => text === first)) return first
  return all.map(({ place }, index) => `${texts[index]} on ${place}`).join(', ')
}

function textOf(server: ServerState | undefined): string {
  if (server === undefined) return 'no such server'
  const { admin, sessions, status, inService, lastCheck } = server
  const open = sessions === 0 ? '' : ` with ${sessions} session${sessions === 1 ? '' : 's'}`
  if (admin !== 'ready') return `${admin === 'maint' ? 'MAINT' : 'DRAIN'}${admin === 'drain' ? open : ''}`
  return inService ? 'in service' : `${status}${lastCheck === '' ? '' : ` (${lastCheck})`}, not in service`
}
