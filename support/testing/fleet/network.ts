import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

/**
 * A network of its own: a bridge on this machine, and a namespace for each host on it. Names carry this process's
 * number.
 */
export class FleetNetwork {
  readonly address: string
  /** A second address of this machine: hosts that block it still reach the broker. */
  readonly edge: string
  private readonly bridge: string
  private readonly spaces: string[] = []
  private readonly links: string[] = []

  /** Networks that are there at the same time as others for long are of the second half. */
  constructor(
    private readonly owner = process.pid,
    half: 18 | 19 = 18,
  ) {
    // An address out of those set aside for measuring networks, which are routed nowhere.
    const third = owner % 250
    this.address = `198.${half}.${third}.1`
    this.edge = `198.${half}.${third}.2`
    this.bridge = `lsb${owner}`
    ip('link', 'add', this.bridge, 'type', 'bridge')
    ip('addr', 'add', `${this.address}/24`, 'dev', this.bridge)
    ip('addr', 'add', `${this.edge}/24`, 'dev', this.bridge)
    ip('link', 'set', this.bridge, 'up')
  }

  /** Adds a namespace with an address on the bridge. */
  add(number: number): { space: string; address: string } {
    const space = `${PREFIX}${this.owner}-${number}`
    const address = this.address.replace(/1$/, String(10 + number))
    const [outer, inner] = [`lsv${this.owner}h${number}`, `lsw${this.owner}h${number}`]
    ip('netns', 'add', space)
    this.spaces.push(space)
    ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner)
    this.links.push(outer)
    ip('link', 'set', inner, 'netns', space)
    ip('link', 'set', outer, 'master', this.bridge, 'up')
    ip('-n', space, 'link', 'set', inner, 'name', 'eth0')
    ip('-n', space, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
    ip('-n', space, 'link', 'set', 'eth0', 'up')
    return { space, address }
  }

  /** Removes the links first: those of a deleted namespace go only later, and the next network may take their names. */
  remove(): void {
    for (const link of this.links) quietly('link', 'del', link)
    for (const space of this.spaces) quietly('netns', 'del', space)
    quietly('link', 'del', this.bridge)
  }
}

const PREFIX = 'lockstep-'

/** Removes the networks of processes that were killed before they could. */
export function sweepNetworks(): void {
  const spaces = output('netns', 'list').match(/lockstep-\d+-\d+/g) ?? []
  const links = output('-o', 'link', 'show', 'type', 'veth').match(/lsv\d+h\d+/g) ?? []
  const bridges = output('-o', 'link', 'show', 'type', 'bridge').match(/lsb\d+/g) ?? []
  for (const link of links) if (isDead(Number.parseInt(link.slice(3), 10))) quietly('link', 'del', link)
  for (const space of spaces) if (isDead(Number(space.split('-')[1]))) quietly('netns', 'del', space)
  for (const bridge of bridges) if (isDead(Number(bridge.slice(3)))) quietly('link', 'del', bridge)
}

function isDead(pid: number): boolean {
  return !readdirSync('/proc').includes(String(pid))
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}

function output(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' })
}

function quietly(...args: string[]): void {
  try {
    ip(...args)
  } catch {
    // The network is gone already.
  }
}
