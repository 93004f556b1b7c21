import { existsSync, readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import * as v from 'valibot'
import { writeWhole } from '../../system/whole_file'
import { MonitoringFault, type MonitoredHost, type MonitoringTarget, type RefusedHost } from './target'

export interface PrometheusSettings {
  /** The file that a `file_sd_configs` of Prometheus names. */
  file: string
  /** The port of the exporter on each host. */
  port: number
}

const group = v.strictObject({
  targets: v.tuple([v.string()]),
  labels: v.strictObject({
    managed_by: v.literal('lockstep'),
    host: v.string(),
    classes: v.pipe(v.string(), v.regex(/^,(?:[^,]+,)*$/)),
  }),
})
const file = v.array(group)

/** Prometheus, told by a file of `file_sd`. It reads the file again by itself whenever another one takes its place. */
export class Prometheus implements MonitoringTarget {
  readonly name = 'Prometheus'
  readonly takesChecks = false

  constructor(private readonly settings: PrometheusSettings) {}

  async list(): Promise<readonly MonitoredHost[]> {
    const path = this.settings.file
    if (!existsSync(path)) return []
    try {
      return v.parse(file, JSON.parse(readFileSync(path, 'utf8'))).map(hostOf)
    } catch (error) {
      const why = error instanceof v.ValiError ? 'others have written it' : (error as Error).message
      throw new MonitoringFault(
        `Prometheus: ${path} is not as Lockstep writes it (${why}); move it away, or name another file`,
      )
    }
  }

  async apply(hosts: readonly MonitoredHost[]): Promise<readonly RefusedHost[]> {
    // A file of others is not replaced.
    await this.list()
    const { file: path, port } = this.settings
    const groups = hosts.map(({ name, address, classes }) => ({
      targets: [`${isIPv6(address) ? `[${address}]` : address}:${port}`],
      labels: {
        managed_by: 'lockstep',
        host: name,
        classes: `,${classes.map((each) => `${each},`).join('')}`,
      },
    }))
    const text = `${JSON.stringify(groups, null, 2)}\n`
    try {
      if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeWhole(path, text, 0o644)
    } catch (error) {
      throw new MonitoringFault(`Prometheus: ${path} cannot be written: ${(error as Error).message}`)
    }
    return []
  }
}

function hostOf({
  targets: [target],
  labels: { host, classes },
}: v.InferOutput<typeof group>): MonitoredHost {
  const address = target.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return { name: host, address, classes: classes.split(',').filter(Boolean), checks: [] }
}
