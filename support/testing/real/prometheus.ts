import { join } from 'node:path'
import type { Scratch } from '../scratch'
import { freePort, start, untilReady } from './processes'

export interface RealPrometheus {
  /** The file that its `file_sd_configs` names. */
  file: string
  /** Resolves with the `host` of each of its targets, by its API. */
  shows(): Promise<string[]>
  /** Resolves with the labels that its targets had before it relabelled them. */
  addresses(): Promise<string[]>
  stop(): Promise<void>
}

interface Targets {
  data: { activeTargets: { labels: Record<string, string>; discoveredLabels: Record<string, string> }[] }
}

/** Starts Debian's Prometheus with one `file_sd`, which nothing but a change of the file makes it read again. */
export async function startPrometheus(scratch: Scratch): Promise<RealPrometheus> {
  const port = await freePort()
  const file = join(scratch.path, 'prometheus', 'sd', 'lockstep.json')
  scratch.write('prometheus/sd/.keep', '')
  const config = scratch.write(
    'prometheus/prometheus.yml',
    `scrape_configs:\n  - job_name: hosts\n    file_sd_configs: [{ files: ['${file}'], refresh_interval: 1h }]\n`,
  )
  const args = [
    `--config.file=${config}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--storage.tsdb.path=${join(scratch.path, 'prometheus', 'data')}`,
  ]
  const running = start('prometheus', args, join(scratch.path, 'prometheus', 'prometheus.out'))
  const ask = async (path: string) => fetch(`http://127.0.0.1:${port}/${path}`)
  const isReady = async () =>
    ask('-/ready').then(
      ({ ok }) => ok,
      () => false,
    )
  await untilReady('prometheus', running, isReady, 60_000)
  const targets = async () =>
    ((await (await ask('api/v1/targets?state=active')).json()) as Targets).data.activeTargets
  return {
    file,
    shows: async () => (await targets()).map(({ labels }) => labels['host'] ?? '').sort(),
    addresses: async () =>
      (await targets()).map(({ discoveredLabels }) => discoveredLabels['__address__'] ?? '').sort(),
    stop: () => running.stop(),
  }
}
