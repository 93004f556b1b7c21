import { World } from '@cucumber/cucumber'
import type { EmbeddedFleet } from '../../simulation/fleet'
import type { SimulatedHaproxy } from '../../simulation/haproxy'
import type { ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import type { WebEndpoint } from '../web_endpoint'

/** A folder in which a scenario of the manual runs commands as a person would, and the world around that folder. */
export class Manual extends World {
  readonly scratch = new Scratch()
  readonly env: Record<string, string> = {}
  /** The newest run, and one that went on beside it. */
  run: ProcessRun | undefined
  other: ProcessRun | undefined
  /** Commands that runs have proposed, by the runs' features. */
  readonly proposed = new Map<string, ReadonlyMap<string, string>>()

  elsewhere: EmbeddedFleet | undefined
  /** Checks that are critical when they first run, by host. */
  readonly critical = new Map<string, string>()
  haproxy: SimulatedHaproxy | undefined
  endpoint: WebEndpoint | undefined
  readonly onTopic: string[] = []
  /** A secret that hosts, a balancer and a web server echo. */
  echoed = ''

  get last(): ProcessRun {
    if (this.run === undefined) throw new Error('nothing was run yet')
    return this.run
  }

  get output(): string {
    return `${this.last.stdout}\n${this.last.stderr}`
  }

  async end(): Promise<void> {
    await this.elsewhere?.stop()
    await this.haproxy?.stop()
    await this.endpoint?.stop()
    this.scratch.remove()
  }
}
