// Runs the suites named as arguments, one after the other, and prints the sum of their counts as the last line. Suites that a
// `+` joins run together. Without any it runs what needs nothing but Node and is quick; a test or scenario tagged @long is in the suites `long…`. What failed is also
// added to the file that CI_FAILURES names, so that a run of many suites can show it once more at its end.
const { spawn } = require('node:child_process')
const { appendFileSync, readdirSync } = require('node:fs')
const { join } = require('node:path')

const root = join(__dirname, '..', '..')
const local = (name) => join(root, 'node_modules', ...name)
const mocha = [local(['mocha', 'bin', 'mocha.js'])]
const unit = [...mocha, '--parallel', '--jobs', '2', '--grep', '@long', 'support/**/*.test.ts']
const behaviour = [local(['@cucumber', 'cucumber', 'bin', 'cucumber.js']), '-p', 'behaviour']
const spec = [...mocha, '--reporter', 'spec']
const realFolder = join('support', 'testing', 'real')
const realPath = (name) => join(realFolder, `${name}.real.ts`)
const realNames = readdirSync(join(root, realFolder))
  .filter((name) => name.endsWith('.real.ts'))
  .map((name) => name.replace('.real.ts', ''))
/**
 * Real suites that run one after the other: they make users or networks of the machine, measure memory, count the failed
 * requests of a load, or share a user. The last line of them is there for the length of the streams alone.
 */
const APART = [
  'approval approval_kills approval_machines build_user fetch_after_success git runner',
  'fleet getting_started network providers ssh_wire',
  'console_live console_login console_pipeline console_walk haproxy path rolling serve whole_way',
  'downtime downtime_both downtime_rollout puppet_remains',
].flatMap((line) => line.split(' '))
/** Real suites of lockstep serve, of what stands around it, and of Puppet's masters. They need not be apart. */
const SERVE = [
  'analysis bus console_acts console_api console_openid console_pages console_standby console_start console_tags',
  'exchanges history_postgresql jenkins locks_postgresql monitoring other_ci pipeline_builds puppet_runs puppet_wire',
  'push puppet_apply_wire release_news report standby svn verify verify_puppet',
].flatMap((line) => line.split(' '))
/** Real suites of the roads to hosts. They start brokers of their own, and wait for them most of the time. */
const ROADS =
  'brokers_activemq brokers_rabbitmq files_elsewhere mixed_roads nats ssh_files ssh_providers'.split(' ')
const LISTED = [...APART, ...SERVE, ...ROADS]
const gone = LISTED.filter((name) => !realNames.includes(name))
if (gone.length > 0) throw new Error(`there is no real suite ${gone.join(', ')}`)
const SUITES = {
  unit: [...unit, '--invert'],
  behaviour: [...behaviour, '--tags', 'not @long'],
  'long-unit': unit,
  'long-behaviour': [...behaviour, '--tags', '@long'],
  package: [...spec, 'support/testing/package/*.package.ts'],
  'real-apart': [...spec, ...APART.map(realPath)],
  'real-serve': [...spec, ...SERVE.map(realPath)],
  'real-roads': [...spec, ...ROADS.map(realPath)],
  'real-hosts': [...spec, ...realNames.filter((name) => !LISTED.includes(name)).map(realPath)],
}
/** Names for suites that run together. */
const JOINED = { real: 'real-apart+real-serve+real-roads+real-hosts' }

// Runs a suite. What it prints is shown at once, or when `before` has ended.
function run(name, args, before) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  let shown = 0
  let isShown = false
  const show = () => {
    if (!isShown) return
    process.stdout.write(text.slice(shown))
    shown = text.length
  }
  void before.then(() => {
    isShown = true
    process.stdout.write(`\n== ${name}\n`)
    show()
  })
  child.stdout.on('data', (chunk) => {
    text += chunk
    show()
  })
  return new Promise((done) => child.once('close', (status) => done({ name, status, text })))
}

function counts({ status, text }) {
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0)
  const scenarios = /^(\d+) scenarios? \((.*)\)$/m.exec(text)
  const counted = scenarios
    ? {
        passed: Number(/(\d+) passed/.exec(scenarios[2])?.[1] ?? 0),
        failed: Number(scenarios[1]) - Number(/(\d+) passed/.exec(scenarios[2])?.[1] ?? 0),
        skipped: 0,
      }
    : {
        passed: number(/^\s*(\d+) passing/m),
        failed: number(/^\s*(\d+) failing/m),
        skipped: number(/^\s*(\d+) pending/m),
      }
  // A runner that dies before it counts has failed, too.
  if (status !== 0 && counted.failed === 0) counted.failed = 1
  if (counted.passed + counted.failed === 0) counted.failed = 1
  return counted
}

// Returns what a suite says of its failures, or the end of what it printed if it died without a word of them.
function failures(text) {
  const told = /^ *\d+ failing$[^]*|^Failures:$[^]*?(?=^\d+ scenarios?)/m.exec(text)?.[0]
  return (told ?? text.slice(-2_000)).slice(0, 8_000)
}

async function main(groups) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  let before = Promise.resolve()
  for (const group of groups) {
    // Together, one suite works while the other waits.
    const runs = (JOINED[group] ?? group).split('+').map((name) => {
      const args = SUITES[name]
      if (args === undefined)
        throw new Error(
          `there is no suite ${name}; there are: ${[...Object.keys(SUITES), ...Object.keys(JOINED)].join(', ')}`,
        )
      before = run(name, args, before)
      return before
    })
    for (const ended of await Promise.all(runs)) {
      const counted = counts(ended)
      for (const key of Object.keys(total)) total[key] += counted[key]
      if (counted.failed > 0 && process.env.CI_FAILURES)
        appendFileSync(process.env.CI_FAILURES, `== ${ended.name}\n${failures(ended.text)}\n`)
    }
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`)
  process.exitCode = total.failed > 0 ? 1 : 0
}

const named = process.argv.slice(2)
void main(named.length > 0 ? named : ['unit+behaviour'])
