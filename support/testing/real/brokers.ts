import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { systemClock } from '../../system/clock'
import { openSession } from '../../connectors/stomp/session'
import type { BrokerAddress } from '../../connectors/stomp/broker'
import type { Scratch } from '../scratch'
import { PASSWORD, USER } from './settings'
import { freePort, start, untilReady, type Running } from './processes'
import type { TestCertificates } from './certificates'

export interface RealBroker {
  kind: 'activemq' | 'rabbitmq'
  virtualHost: string
  /** The address on which the broker listens: loopback, unless another was asked for. */
  address: string
  port: number
  /** The port for STOMP over TLS with client certificates; ActiveMQ alone. */
  tlsPort?: number
  /** Ends the broker at once, as kill -9 does. */
  kill(): Promise<void>
  /** Starts the broker again on the same ports. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const LOOPBACK = '127.0.0.1'

/** A user of RabbitMQ with these rights alone, each a pattern of names; it has the usual password. */
interface LimitedUser {
  name: string
  configure: string
  write: string
  read: string
}

/** Starts Debian's ActiveMQ with nothing but STOMP. It keeps nothing on disk, unless it is to be durable. */
export async function startActivemq(
  scratch: Scratch,
  {
    certificates,
    address = LOOPBACK,
    isDurable = false,
  }: { certificates?: TestCertificates; address?: string; isDurable?: boolean } = {},
): Promise<RealBroker> {
  const port = await freePort()
  const tlsPort = await freePort()
  const tls =
    certificates === undefined
      ? ''
      : `<transportConnector name="tls" uri="stomp+nio+ssl://127.0.0.1:${tlsPort}?needClientAuth=true"/>`
  const stores =
    certificates === undefined
      ? ''
      : `<sslContext><sslContext keyStore="file:${certificates.serverStore}" keyStorePassword="${certificates.storePassword}" trustStore="file:${certificates.trustStore}" trustStorePassword="${certificates.storePassword}"/></sslContext>`
  const xml = scratch.write(
    'activemq.xml',
    `<beans xmlns="http://www.springframework.org/schema/beans" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans.xsd http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="lockstep" persistent="${isDurable}" useJmx="false" schedulerSupport="false">
    <destinationPolicy><policyMap><policyEntries>
      <policyEntry topic="&gt;" producerFlowControl="false"/><policyEntry queue="&gt;" producerFlowControl="false"/>
    </policyEntries></policyMap></destinationPolicy>
    <plugins><simpleAuthenticationPlugin><users>
      <authenticationUser username="${USER}" password="${PASSWORD}" groups="admins"/>
    </users></simpleAuthenticationPlugin></plugins>
    ${isDurable ? `<persistenceAdapter><kahaDB directory="${scratch.path}/kahadb" journalMaxFileLength="1mb"/></persistenceAdapter>` : ''}
    ${stores}
    <systemUsage><systemUsage><memoryUsage><memoryUsage limit="256 mb"/></memoryUsage></systemUsage></systemUsage>
    <transportConnectors><transportConnector name="stomp" uri="stomp+nio://${address}:${port}"/>${tls}</transportConnectors>
  </broker>
</beans>
`,
  )
  const home = '/usr/share/activemq'
  const args = [
    '-Xmx1g',
    `-Dactivemq.data=${scratch.path}/activemq`,
    '-cp',
    `${home}/lib/*:${home}/lib/optional/*`,
    'org.apache.activemq.console.command.ShellCommand',
    'start',
    `xbean:file:${xml}`,
  ]
  const launch = () => start('java', args, `${scratch.path}/activemq.log`)
  const more = certificates === undefined ? {} : { tlsPort }
  return runBroker({ kind: 'activemq', virtualHost: 'mcollective', address, port, ...more }, launch)
}

/** Starts Debian's RabbitMQ under a name of its own, with its own files, ports and port mapper, on loopback. */
export async function startRabbitmq(
  scratch: Scratch,
  { limited = [] }: { limited?: readonly LimitedUser[] } = {},
): Promise<RealBroker> {
  const [port, amqp, mapper] = await Promise.all([freePort(), freePort(), freePort()])
  const definitions = writeDefinitions(scratch, limited)
  const config = `listeners.tcp.1 = 127.0.0.1:${amqp}\nstomp.listeners.tcp.1 = 127.0.0.1:${port}\nload_definitions = ${definitions}\nloopback_users = none\n`
  const epmd = startPortMapper(scratch, mapper)
  const broker = await startRabbitmqNode(scratch, { name: 'rabbitmq', config, port, mapper })
  return {
    ...broker,
    async stop() {
      await broker.stop()
      await epmd.stop()
    },
  }
}

/** The virtual host that RabbitMQ has for the tests. */
const VHOST = '/mcollective'

/** Writes the definitions of the virtual host, its users and exchanges, and returns their path. */
export function writeDefinitions(scratch: Scratch, limited: readonly LimitedUser[] = []): string {
  const salt = randomBytes(4)
  const hash = createHash('sha256')
    .update(Buffer.concat([salt, Buffer.from(PASSWORD)]))
    .digest()
  const exchange = (name: string, type: string) => ({
    name,
    vhost: VHOST,
    type,
    durable: true,
    auto_delete: false,
    internal: false,
    arguments: {},
  })
  return scratch.write(
    'definitions.json',
    JSON.stringify({
      rabbit_version: '3.10.8',
      users: [USER, ...limited.map(({ name }) => name)].map((name) => ({
        name,
        password_hash: Buffer.concat([salt, hash]).toString('base64'),
        hashing_algorithm: 'rabbit_password_hashing_sha256',
        tags: '',
      })),
      vhosts: [{ name: VHOST }],
      permissions: [{ name: USER, configure: '.*', write: '.*', read: '.*' }, ...limited].map(
        ({ name: user, ...rights }) => ({ user, vhost: VHOST, ...rights }),
      ),
      exchanges: [
        exchange('mcollective_broadcast', 'topic'),
        exchange('mcollective_directed', 'direct'),
        exchange('mcollective_reply', 'direct'),
      ],
    }),
  )
}

/** Starts the port mapper of RabbitMQ, so that it can be ended: a node would leave one behind. */
export function startPortMapper(scratch: Scratch, port: number): Running {
  const env = { ERL_EPMD_PORT: String(port), ERL_EPMD_ADDRESS: LOOPBACK }
  return start('epmd', ['-port', String(port), '-address', LOOPBACK], `${scratch.path}/epmd.log`, env)
}

/** Returns the name that Erlang has for a node of this process. */
export function nodeName(name: string): string {
  return `${name}-${process.pid}@localhost`
}

/** Starts a node of RabbitMQ with its own files. `port` is that of STOMP in its configuration. */
export async function startRabbitmqNode(
  scratch: Scratch,
  { name, config, port, mapper }: { name: string; config: string; port: number; mapper: number },
): Promise<RealBroker> {
  const [version = ''] = readdirSync('/usr/lib/rabbitmq/lib')
  const env = {
    HOME: scratch.path,
    ERL_EPMD_PORT: String(mapper),
    ERL_EPMD_ADDRESS: LOOPBACK,
    RABBITMQ_NODENAME: nodeName(name),
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_CONFIG_FILE: scratch.write(`${name}.conf`, config),
    RABBITMQ_ENABLED_PLUGINS_FILE: scratch.write('enabled_plugins', '[rabbitmq_stomp].'),
    RABBITMQ_MNESIA_BASE: `${scratch.path}/mnesia`,
    RABBITMQ_LOG_BASE: `${scratch.path}/${name}-log`,
    RABBITMQ_PID_FILE: `${scratch.path}/${name}.pid`,
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    // Some tests kill a node; Erlang would leave a dump in the working directory.
    ERL_CRASH_DUMP_SECONDS: '0',
  }
  const program = `/usr/lib/rabbitmq/lib/${version}/sbin/rabbitmq-server`
  const launch = () => start(program, [], `${scratch.path}/${name}.log`, env)
  return runBroker({ kind: 'rabbitmq', virtualHost: VHOST, address: LOOPBACK, port }, launch)
}

/** Starts a broker, and resolves once it answers. */
export async function runBroker(
  where: Pick<RealBroker, 'kind' | 'virtualHost' | 'address' | 'port' | 'tlsPort'>,
  launch: () => Running,
): Promise<RealBroker> {
  const { kind, virtualHost, address: host, port } = where
  let program = launch()
  const ready = () =>
    untilReady(
      kind,
      program,
      () => answers({ host, port, user: USER, password: PASSWORD }, virtualHost),
      120_000,
    )
  await ready()
  return {
    ...where,
    kill: () => program.stop('SIGKILL'),
    async restart() {
      program = launch()
      await ready()
    },
    stop: () => program.stop(),
  }
}

async function answers(broker: BrokerAddress, virtualHost: string): Promise<boolean> {
  try {
    const options = {
      broker,
      virtualHost,
      connectWithin: 2_000,
      heartBeat: 0,
      clock: systemClock,
      onMessage: () => {},
    }
    const session = await openSession(options, new AbortController().signal)
    await session.close()
    return true
  } catch {
    return false
  }
}
