import { LockstepError } from '../system/errors'
import type { Environment, NamedRoad, SingleRoad, StompRoad } from './environment'

/** A road with the keys above its settings in the environment of lockstep.yaml. */
export interface RoadInPlace extends Omit<NamedRoad, 'name'> {
  /** The name of the road; undefined where the environment has no other. */
  name: string | undefined
  keys: readonly string[]
}

/** A road by brokers that speak STOMP. */
export type StompRoadInPlace = RoadInPlace & { road: StompRoad }

type Reached = Pick<Environment, 'road' | 'collective' | 'identity'>

/** Returns the roads of an environment: the only one, or each of several. */
export function roadsOf({ road, collective, identity }: Reached): readonly RoadInPlace[] {
  if (road.connector !== 'mixed') return [{ name: undefined, road, collective, identity, keys: [] }]
  return road.roads.map((named) => ({ ...named, keys: ['roads', named.name] }))
}

/** Returns the roads of an environment that go by brokers which speak STOMP. */
export function stompRoadsOf(environment: Reached): readonly StompRoadInPlace[] {
  return roadsOf(environment).flatMap((each) => {
    const { road } = each
    return isStomp(road) ? [{ ...each, road }] : []
  })
}

/**
 * Returns the only road of an environment by brokers which speak STOMP. `what` begins the sentence of an error.
 * @throws LockstepError `bad-config` where there is none, or which one is meant is not said
 */
export function expectStompRoad(
  environment: Reached & Pick<Environment, 'name'>,
  what: string,
): StompRoadInPlace {
  const roads = stompRoadsOf(environment)
  const [road, ...more] = roads
  if (road !== undefined && more.length === 0) return road
  const named = roads.map(({ name }) => name).join(' and ')
  throw new LockstepError(
    'bad-config',
    road === undefined
      ? `${what} needs ActiveMQ or RabbitMQ, and the environment ${environment.name} has neither; write an environment that has one of them, and name that`
      : `${what} needs one broker, and the environment ${environment.name} has the roads ${named}; write an environment with one of them alone, and name that`,
  )
}

/** Returns whether a road goes by brokers which speak STOMP. */
function isStomp(road: SingleRoad): road is StompRoad {
  return road.connector === 'activemq' || road.connector === 'rabbitmq'
}
