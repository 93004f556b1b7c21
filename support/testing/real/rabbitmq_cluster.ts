import type { Scratch } from '../scratch'
import { pageFile, replaceAll, type BrokerGroup } from './activemq_network'
import { nodeName, startPortMapper, startRabbitmqNode, writeDefinitions } from './brokers'
import { freePort } from './processes'

const NAMES = ['mq1', 'mq2', 'mq3'] as const

/** Starts three nodes of Debian's RabbitMQ with the configuration that docs/brokers.md shows, as a cluster. */
export async function startRabbitmqCluster(scratch: Scratch): Promise<BrokerGroup> {
  const shown = pageFile('rabbitmq.conf')
  const definitions = writeDefinitions(scratch)
  const mapper = await freePort()
  // Nodes of one cluster know each other by a secret.
  scratch.write('.erlang.cookie', 'LOCKSTEP-TEST', 0o400)
  const epmd = startPortMapper(scratch, mapper)
  const brokers = await Promise.all(
    NAMES.map(async (name) => {
      const port = await freePort()
      const config = replaceAll(shown, [
        ['stomp.listeners.tcp.1 = 61613', `stomp.listeners.tcp.1 = 127.0.0.1:${port}`],
        ...NAMES.map((each) => [`rabbit@${each}`, nodeName(each)] as const),
      ])
      const own = `listeners.tcp.1 = 127.0.0.1:${await freePort()}\nload_definitions = ${definitions}\nloopback_users = none\n`
      return startRabbitmqNode(scratch, { name, config: `${config}${own}`, port, mapper })
    }),
  )
  return {
    brokers,
    async stop() {
      await Promise.all(brokers.map((broker) => broker.stop()))
      await epmd.stop()
    },
  }
}
