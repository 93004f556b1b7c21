import * as v from 'valibot'

const DESTINATION = 'a name of letters, digits, ., - and _'

/** The schema of the name that topics and queues of the bus begin with. */
export const destinationSetting = v.optional(
  v.pipe(v.string(DESTINATION), v.regex(/^[A-Za-z0-9][\w.-]{0,199}$/, DESTINATION)),
  'lockstep.pipeline',
)

/** The durable queues between `lockstep serve` and its runners, as STOMP names them. */
export interface BuildQueues {
  /** Returns the queue with the orders of a repository. Each has one, so that a runner takes what it can build alone. */
  ordersOf(repository: string): string
  results: string
}

/** Returns the queues of a bus. ActiveMQ and RabbitMQ name and keep them alike. */
export function buildQueuesOf(destination: string): BuildQueues {
  return {
    ordersOf: (repository) => `/queue/${destination}.builds.${repository}`,
    results: `/queue/${destination}.results`,
  }
}
