import { readBlocks } from '../docs/blocks'
import type { Scratch } from '../scratch'
import { BrokerLink } from './broker_link'
import { runBroker, type RealBroker } from './brokers'
import { freePort, start } from './processes'
import { PASSWORD } from './settings'

const NAMES = ['mq1', 'mq2', 'mq3'] as const
const LOOPBACK = '127.0.0.1'
const HOME = '/usr/share/activemq'

/** Several brokers that hand each other what is for hosts of others. */
export interface BrokerGroup {
  brokers: readonly RealBroker[]
  stop(): Promise<void>
}

interface PartedGroup extends BrokerGroup {
  /** Parts one broker from the others, each of which stays up. */
  part(index: number): void
  /** Undoes `part`. */
  join(): void
}

/** Starts three of Debian's ActiveMQ with the configuration that docs/brokers.md shows, as a network. */
export async function startActivemqNetwork(scratch: Scratch): Promise<PartedGroup> {
  const shown = pageFile('activemq.xml')
  const ports = await Promise.all(NAMES.map(async () => ({ stomp: await freePort(), own: await freePort() })))
  const links: { from: number; to: number; link: BrokerLink }[] = []
  for (const [from] of NAMES.entries())
    for (const [to, { own }] of ports.entries())
      if (to !== from) links.push({ from, to, link: await BrokerLink.to(own) })
  const brokers = await Promise.all(
    ports.map(({ stomp, own }, index) => {
      const linkTo = (to: number) => links.find((each) => each.from === index && each.to === to)?.link.port
      const others = NAMES.map((_, to): [string, string] => [
        `tcp://${NAMES[to]}.example.net:61616`,
        `tcp://${LOOPBACK}:${linkTo(to)}`,
      ]).filter((_, to) => to !== index)
      const xml = replaceAll(moveOn(shown, index), [
        ['tcp://0.0.0.0:61616', `tcp://${LOOPBACK}:${own}`],
        ['stomp+nio://0.0.0.0:61613', `stomp+nio://${LOOPBACK}:${stomp}`],
        ['PASSWORD', PASSWORD],
        ...others,
      ])
      const name = NAMES[index] ?? ''
      const file = scratch.write(`${name}.xml`, xml)
      const args = [
        '-Xmx128m',
        `-Dactivemq.data=${scratch.path}/${name}`,
        '-cp',
        `${HOME}/lib/*:${HOME}/lib/optional/*`,
        'org.apache.activemq.console.command.ShellCommand',
        'start',
        `xbean:file:${file}`,
      ]
      const launch = () => start('java', args, `${scratch.path}/${name}.log`)
      const where = { kind: 'activemq', virtualHost: 'mcollective', address: LOOPBACK, port: stomp } as const
      return runBroker(where, launch)
    }),
  )
  return {
    brokers,
    part(index) {
      for (const { from, to, link } of links) if (from === index || to === index) link.cut()
    },
    join() {
      for (const { link } of links) link.mend()
    },
    async stop() {
      await Promise.all(brokers.map((broker) => broker.stop()))
      await Promise.all(links.map(({ link }) => link.stop()))
    },
  }
}

/** Returns a file that docs/brokers.md shows. */
export function pageFile(name: string): string {
  const block = readBlocks('docs/brokers.md').find(({ marks }) => marks.get('file') === name)
  if (block === undefined) throw new Error(`docs/brokers.md shows no ${name}`)
  return block.text
}

/** Replaces texts that have to be there. */
export function replaceAll(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`${from} is not in what docs/brokers.md shows`)
    return all.replaceAll(from, to)
  }, text)
}

/** Moves the names of the brokers on, as the page says. */
function moveOn(xml: string, by: number): string {
  return xml.replaceAll(/\bmq([123])\b/g, (_, number: string) => `mq${((Number(number) - 1 + by) % 3) + 1}`)
}
