import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import type { Scratch } from '../scratch'
import { TEST_CERTIFICATE, TEST_KEY } from '../test_certificate'
import https from 'node:https'
import { freePort, start, untilReady, type Running } from './processes'

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
  const file = join(scratch.path, 'prometheus', 'sd', 'lockstep.json')
  scratch.write('prometheus/sd/.keep', '')
  const job = `  - job_name: hosts\n    file_sd_configs: [{ files: ['${file}'], refresh_interval: 1h }]\n`
  const port = await freePort()
  const running = launch(scratch, port, `scrape_configs:\n${job}`)
  const ask = async (path: string) => fetch(`http://127.0.0.1:${port}/${path}`)
  const isReady = async () =>
    ask('-/ready').then(
      ({ ok }) => ok,
      () => false,
    )
  await untilReady('prometheus', running, isReady, READY_WITHIN)
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

export interface ScrapingPrometheus {
  url: string
  user: string
  password: string
  /** Kills it, with `kill -9`. */
  kill(): Promise<void>
  /** Starts it again with the samples that it has, and resolves when it is ready. */
  startAgain(): Promise<void>
  stop(): Promise<void>
}

/** Starts Debian's Prometheus, with TLS and a user, which scrapes one exporter on loopback every second. */
export async function startScrapingPrometheus(
  scratch: Scratch,
  exporter: number,
): Promise<ScrapingPrometheus> {
  const [user, password, port] = ['lockstep', 'a-password-of-prometheus', await freePort()]
  scratch.write('prometheus/tls.pem', TEST_CERTIFICATE)
  scratch.write('prometheus/tls.key', TEST_KEY)
  const web = scratch.write(
    'prometheus/web.yml',
    `tls_server_config: { cert_file: tls.pem, key_file: tls.key }\nbasic_auth_users: { ${user}: '${hashSync(password, 4)}' }\n`,
  )
  const config = `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: web
    static_configs: [{ targets: ['127.0.0.1:${exporter}'] }]
`
  const isReady = () =>
    new Promise<boolean>((resolve) => {
      const options = { ca: TEST_CERTIFICATE, auth: `${user}:${password}`, agent: false }
      const request = https.get(`https://127.0.0.1:${port}/-/ready`, options, (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      })
      request.on('error', () => resolve(false))
    })
  const begin = async () => {
    const running = launch(scratch, port, config, [`--web.config.file=${web}`])
    await untilReady('prometheus', running, isReady, READY_WITHIN)
    return running
  }
  let running = await begin()
  return {
    url: `https://127.0.0.1:${port}`,
    user,
    password,
    kill: () => running.stop('SIGKILL'),
    async startAgain() {
      running = await begin()
    },
    stop: () => running.stop(),
  }
}

const READY_WITHIN = 60_000

function launch(scratch: Scratch, port: number, config: string, more: readonly string[] = []): Running {
  const folder = join(scratch.path, 'prometheus')
  const args = [
    `--config.file=${scratch.write('prometheus/prometheus.yml', config)}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    ...more,
  ]
  return start('prometheus', args, join(folder, 'prometheus.out'))
}
