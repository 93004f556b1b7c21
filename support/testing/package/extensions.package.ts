import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { copyInstalled, installedWith, ROOT, run as runIn, USUAL } from './packed'

/** The example of docs/extensions.md in a project that depends on the packed package. */
describe('an extension, in a project that depends on the packed package', () => {
  let scratch: Scratch
  const run = (command: string, args: string[]) => runIn(scratch.path, [command, ...args])
  const tsc = (...args: string[]) =>
    run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), ...TSC, ...args])

  const docs = () => readFileSync(join(scratch.path, 'node_modules/lockstep/docs/extensions.md'), 'utf8')

  before(() => {
    scratch = new Scratch()
    copyInstalled(installedWith(USUAL), scratch.path)
    expect(run('npx', ['--no', 'lockstep', 'init']).status).to.equal(0)
    const [, example = ''] = /<!-- extension -->\s+```ts file=\S+\n(.*?)```/s.exec(docs()) ?? []
    scratch.write('extension.ts', example)
    const { status, output } = tsc('extension.ts')
    expect(status, output).to.equal(0)
    scratch.write(
      'lockstep.yaml',
      `extensions: [./extension.js]\n${readFileSync(join(scratch.path, 'lockstep.yaml'), 'utf8')}`,
    )
  })
  after(() => scratch.remove())

  it('is typed: another form does not compile', () => {
    scratch.write(
      'wrong.ts',
      `import type { Extension } from 'lockstep'\n// @ts-expect-error: there is no such state\nexport default { balancers: { paper: () => ({ members: async () => [{ host: 'a', state: 'off' }], takeOut: async () => {}, putBack: async () => {} }) } } satisfies Extension\n`,
    )
    const { status, output } = tsc('--noEmit', 'wrong.ts')
    expect(status, output).to.equal(0)
  })

  it('lints by its rule', () => {
    const { status, output } = run('npx', [
      'cucumber-js',
      '-p',
      'lint',
      'features/deployments/website.feature',
    ])
    expect(status, output).to.equal(2)
    expect(output).to.contain('no-mywebapp').and.to.contain('is about a retired package')
  })

  it('has a balancer that features name', () => {
    scratch.write(
      'features/paper.feature',
      'Feature: Paper\n  Scenario: Paper\n    Given the load balancer is the paper backend www\n    And I want to update hosts with identity web1.example.net\n    When I block the load balancer\n    And I unblock the load balancer\n',
    )
    const { status, output } = run('npx', ['cucumber-js', 'features/paper.feature'])
    expect(status, output).to.equal(0)
    expect(output).to.contain('the paper backend www')
  })

  it('has a balancer that passes the cases, in the runner of Node', () => {
    const [, example = ''] = /<!-- cases -->\s+```ts\n(.*?)```/s.exec(docs()) ?? []
    scratch.write('balancer.test.ts', example)
    const compiled = tsc('balancer.test.ts')
    expect(compiled.status, compiled.output).to.equal(0)
    const { status, output } = run(process.execPath, ['--test', 'balancer.test.js'])
    expect(status, output).to.equal(0)
    expect(output)
      .to.match(/takes a host out, and no other/)
      .and.to.match(/# pass 8/)
  })

  it('knows an agent of its hosts: lines are checked by its contract, and mco is told of it', () => {
    scratch.write(
      'features/door.feature',
      'Feature: Door\n  Scenario: Door\n    Given I want to update hosts with identity web1.example.net\n    When I run the action slam of the agent door\n',
    )
    const { status, output } = run('npx', ['cucumber-js', 'features/door.feature'])
    expect(status, output).to.equal(2)
    expect(output).to.contain('the agent door has no action slam; it has: knock')
    expect(run('npx', ['--no', 'lockstep', 'ddl', 'door']).output).to.contain('input :name')
  })

  it('finds the schema that init has named for editors', () => {
    const yaml = readFileSync(join(scratch.path, 'lockstep.yaml'), 'utf8')
    const [, path = ''] = /\$schema=(\S+)/.exec(yaml) ?? []
    const schema = JSON.parse(readFileSync(join(scratch.path, path), 'utf8')) as { title: string }
    expect(schema.title).to.equal('lockstep.yaml')
  })
})

const TYPES = join(ROOT, 'node_modules', '@types')
const TSC =
  `--strict --skipLibCheck --module nodenext --target es2022 --types node --typeRoots ${TYPES}`.split(' ')
