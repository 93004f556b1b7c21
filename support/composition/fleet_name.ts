import type { Environment } from '../config/environment'

/** Returns the name of a fleet with the balancers in front of it. An order to another balancer is another order. */
export function wholeFleetName(environment: Environment): string {
  const places = environment.haproxy.map((place) =>
    'socket' in place ? place.socket : `${place.host}:${place.port}`,
  )
  const others = environment.balancers.map(({ kind, backend, written }) => `${kind}/${backend} ${written}`)
  return [fleetName(environment), ...places.sort(), ...others.sort()].join(' ')
}

/**
 * Returns how a fleet is reached, as configured. One fleet may be spelt in other ways, so locks do not go by this name.
 */
export function fleetName({ road, collective }: Pick<Environment, 'road' | 'collective'>): string {
  if (road.connector === 'mixed') return road.roads.map(fleetName).sort().join(' + ')
  const places = road.brokers.map(({ host, port }) => `${host}:${port}`).sort((a, b) => (a < b ? -1 : 1))
  return `${places.join(',')} ${collective}`
}
