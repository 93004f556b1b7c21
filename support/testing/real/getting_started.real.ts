import { expect } from 'chai'
import { placeOf, readBlocks, type Block } from '../docs/blocks'
import { commandsOf } from '../docs/console_block'
import { compareOutput } from '../docs/recorded_output'
import { FleetNetwork, sweepNetworks } from '../fleet/network'
import { Scratch } from '../scratch'
import { startMachine, type Machine } from './machine'
import { writeStandIns } from './stand_ins'

const PAGE = 'docs/real-fleet.md'
const NAMES = ['control', 'web1', 'web2']
/** The folder into which scp puts what it copies. */
const RECEIVED = 'cp -p /shared/$(hostname -s)/* . 2>/dev/null; true'

describe('a real fleet of two hosts from nothing, by the commands of its page', function () {
  this.timeout(300_000)

  const scratch = new Scratch()
  const machines = new Map<string, Machine>()
  let network: FleetNetwork | undefined

  before(async () => {
    sweepNetworks()
    const own = (network = new FleetNetwork())
    const places = NAMES.map((name, index) => ({ name, ...own.add(index + 1) }))
    const hosts = [
      '127.0.0.1 localhost',
      ...places.map(({ name, address }) => `${address} ${name}.example.net ${name}`),
    ]
    const standIns = writeStandIns(scratch)
    for (const { name, space } of places)
      machines.set(
        name,
        await startMachine({
          scratch,
          name: `${name}.example.net`,
          space,
          hosts: `${hosts.join('\n')}\n`,
          standIns,
        }),
      )
    machineOf('control').write('lockstep-0.1.0.tgz', '')
  })

  after(async () => {
    await Promise.all([...machines.values()].map((machine) => machine.stop()))
    network?.remove()
    scratch.remove()
  })

  function machineOf(name: string): Machine {
    const machine = machines.get(name)
    if (machine === undefined) throw new Error(`${PAGE} speaks of a machine ${name}, which there is not`)
    return machine
  }

  /** Runs the commands of a block on one machine, and compares what they say with the page. */
  async function runOn(machine: Machine, block: Block): Promise<void> {
    for (const { command, output, exitCode } of commandsOf(block)) {
      const name = `${placeOf(block)} on ${machine.name}: ${command}`
      const ended = await machine.run(command)
      const difference = compareOutput(output, ended.output)
      expect(difference?.said, name).to.equal(difference?.shown)
      expect(ended.exitCode, `${name}\n${ended.output}`).to.equal(exitCode)
    }
  }

  it('does what the page shows', async () => {
    const blocks = readBlocks(PAGE).filter(({ marks }) => marks.has('on'))
    expect(blocks.length).to.be.above(15)
    for (const block of blocks) {
      const file = block.marks.get('file')
      const on = (block.marks.get('on') ?? '').split(',').map(machineOf)
      for (const machine of on) {
        if (file !== undefined)
          machine.write([block.marks.get('in') ?? '', file].filter(Boolean).join('/'), block.text)
        else await machine.run(RECEIVED).then(() => runOn(machine, block))
      }
    }
  })
})
