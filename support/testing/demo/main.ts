import { parseArgs } from 'node:util'
import { outliveOutputs } from '../../system/output'
import { showDemo } from './demo'

/** Starts `npm run serve`: the pages of `lockstep serve` beside an embedded fleet, for as long as this runs. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8090' } } })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    process.stderr.write(`--port is ${values.port}; expected a port from 1 to 65535\n`)
    process.exitCode = 2
    return
  }
  outliveOutputs(process.stdout, process.stderr)
  const end = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.abort())
  const say = (text: string) => process.stdout.write(text)
  await showDemo({
    port,
    env: process.env,
    signal: end.signal,
    onProgress: (what) => say(`  ${what} …\n`),
    onReady: ({ address, folder, people }) =>
      say(`
The console is open: ${address}

${people.map(({ name, password, may }) => `  ${name}  ${password}  may ${may}\n`).join('')}
anna plans version=4.2.6-4.el5 with Start, bert approves exactly that plan, and anna rolls it out.
A host that lies: LOCKSTEP_FAULTS='web6.example.net=lies' npm run serve
In another terminal, commands are said in the folder of the demo:
  cd ${folder} && npx --no-install lockstep status

Ctrl-C here takes it all away again.
`),
  })
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
})
