import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'

const ROOT = resolve(__dirname, '..', '..')
const FOLDER = join(ROOT, '.github', 'workflows')

interface Step {
  uses?: string
  run?: string
}
interface Job {
  'timeout-minutes'?: number
  strategy?: { matrix: { node?: number[] } }
  permissions?: Record<string, string>
  steps: Step[]
}
interface Workflow {
  permissions?: Record<string, string>
  jobs: Record<string, Job>
}

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

/** Returns what the commands of a step name that is not there. */
function missingIn(command: string): string[] {
  const named = [...command.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(([, name = '']) => name)
  const usual = [...command.matchAll(/\bnpm (test|start)\b/g)].map(([, name = '']) => name)
  const files = [...command.matchAll(/(?:^|\s)(?:node )?((?:\.\/)?[\w.]+\/[\w./-]+\.cjs|\.ci\/\w+)/g)].map(
    ([, path = '']) => path,
  )
  return [
    ...[...named, ...usual].filter((name) => scripts[name] === undefined).map((name) => `script ${name}`),
    ...files.filter((path) => !existsSync(join(ROOT, path))).map((path) => `file ${path}`),
  ]
}

describe('the workflows', () => {
  const workflows = new Map(
    readdirSync(FOLDER).map((name): [string, Workflow] => [
      name,
      parse(readFileSync(join(FOLDER, name), 'utf8'), { strict: true, uniqueKeys: true }) as Workflow,
    ]),
  )
  const jobs = [...workflows].flatMap(([file, { jobs: all }]) =>
    Object.entries(all).map(([name, job]) => ({ name: `${file}: ${name}`, job })),
  )
  const steps = jobs.flatMap(({ job }) => job.steps)
  const lines = steps.flatMap(({ run }) => run ?? [])

  it('are one for each commit, and one for a release', () =>
    expect([...workflows.keys()].sort()).to.deep.equal(['ci.yml', 'release.yml']))

  it('call scripts and files that are there', () => {
    expect(lines.flatMap(missingIn)).to.deep.equal([])
    expect(lines.join('\n')).to.contain('npm run release -- --of-tag').and.to.contain('npm run package')
  })

  it('would be found to call others', () => {
    expect(missingIn('npm run relase -- --dry-run')).to.deep.equal(['script relase'])
    expect(missingIn('node support/bin/none.cjs')).to.deep.equal(['file support/bin/none.cjs'])
    expect(missingIn('.ci/walk')).to.deep.equal(['file .ci/walk'])
  })

  it('never say npm ci, which refuses this lock file', () =>
    expect(lines.filter((line) => /\bnpm ci\b/.test(line))).to.deep.equal([]))

  it('have no command whose failure is lost: in a pipe, in words, or after a semicolon', () => {
    const lost = (line: string) =>
      line.split('\n').some((each) => /[^|]\|[^|]|\|\||;|^\s*(?:echo|export|local)\b.*(?:\$\(|`)/.test(each))
    expect(lines.filter(lost)).to.deep.equal([])
    for (const line of ['npm test | tee log', 'npm test || true', 'echo "a=$(node -p 1)" >>file'])
      expect(lost(line), line).to.equal(true)
  })

  it('put nothing of an event into a shell line: a tag may be named like a command', () =>
    expect(lines.filter((line) => line.includes('${{'))).to.deep.equal([]))

  it('test on each Node that is supported', () =>
    expect(workflows.get('ci.yml')?.jobs['test']?.strategy?.matrix.node).to.deep.equal([20, 22, 24]))

  it('take actions of a version, and end in time', () => {
    for (const { uses } of steps) if (uses !== undefined) expect(uses).to.match(/^actions\/[\w-]+@v\d+$/)
    for (const { name, job } of jobs) expect(job['timeout-minutes'], name).to.be.within(1, 120)
  })

  it('may write in the release alone', () => {
    for (const [name, { permissions }] of workflows)
      expect(permissions, name).to.deep.equal({ contents: 'read' })
    const writing = jobs.filter(({ job }) => JSON.stringify(job.permissions ?? {}).includes('write'))
    expect(writing.map(({ name }) => name)).to.deep.equal(['release.yml: release'])
  })
})
