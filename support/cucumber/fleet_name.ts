import type { Environment } from '../config/environment'

/** And what is in front of them: an order to another HAProxy is another order. */
export function wholeFleetName(environment: Environment): string {
  const places = environment.haproxy.map((place) =>
    'socket' in place ? place.socket : `${place.host}:${place.port}`,
  )
  return [fleetName(environment), ...places.sort()].join(' ')
}

/** How a fleet is reached, as it is configured. The same fleet may be spelt otherwise, so locks do not go by it. */
export function fleetName({ brokers, collective }: Environment): string {
  const places = brokers.map(({ host, port }) => `${host}:${port}`).sort((a, b) => (a < b ? -1 : 1))
  return `${places.join(',')} ${collective}`
}
