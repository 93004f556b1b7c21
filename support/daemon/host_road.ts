import type { ServerEnvironment } from '../config/server_cfg'
import { activemq } from '../connectors/activemq'
import { HostConnector, type HostConnectorOptions, type HostRoad } from '../connectors/host_connector'
import { rabbitmq } from '../connectors/rabbitmq'

/** Returns the road by which a host hears requests, as configured. It opens when it is told to. */
export function hostRoad(
  environment: ServerEnvironment,
  options: Pick<HostConnectorOptions, 'agents' | 'clock' | 'random' | 'onTrouble' | 'onRequest'>,
): HostRoad {
  if (environment.connector === 'nats') {
    // Few hosts are on NATS, and its library takes longer to load than the rest of the daemon.
    const { natsHostConnector } =
      require('../connectors/nats_host_connector') as typeof import('../connectors/nats_host_connector')
    return natsHostConnector({ ...environment, ...options })
  }
  const naming = environment.connector === 'activemq' ? activemq : rabbitmq
  return new HostConnector({ ...environment, ...options, naming })
}
