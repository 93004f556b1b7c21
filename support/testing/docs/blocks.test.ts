import { expect } from 'chai'
import { listPages, parseBlocks, placeOf, readBlocks, type Block } from './blocks'
import { commandsOf } from './console_block'
import { CONSOLE_PAGES } from './console_pages'

const ALL = listPages().flatMap((page) => readBlocks(page))
/** The languages whose blocks a test of their own takes, all of them. */
const TESTED = new Set(['gherkin', 'ini', 'ts', 'js', 'meanwhile'])

describe('the blocks of the pages', () => {
  it('are all run or compared by a test, or say why not', () => {
    const untested = ALL.filter((block) => !isTested(block) && (block.marks.get('untested') ?? '').length < 8)
    expect(untested.map(placeOf)).to.deep.equal([])
  })

  it('are all tested but these', () => {
    const untested = ALL.flatMap(({ page, marks }) =>
      marks.has('untested') ? [`${page}: ${marks.get('untested')}`] : [],
    )
    expect([...new Set(untested)].sort()).to.deep.equal([...UNTESTED].sort())
  })

  it('are on pages that are there', () =>
    expect(Object.keys(CONSOLE_PAGES).filter((page) => !listPages().includes(page))).to.deep.equal([]))

  it('are found with their marks, also within a list, and none may stay open', () => {
    const text = 'a\n\n  ```sh file=a.sh untested="two words"\n  echo\n    b\n  ```\n<!-- meanwhile: x -->\n'
    const [block, meanwhile] = parseBlocks('p.md', text)
    expect(block).to.deep.equal({
      page: 'p.md',
      line: 3,
      language: 'sh',
      marks: new Map([
        ['file', 'a.sh'],
        ['untested', 'two words'],
      ]),
      text: 'echo\n  b\n',
    })
    expect(meanwhile).to.include({ language: 'meanwhile', text: 'x', line: 7 })
    expect(() => parseBlocks('p.md', '```\nx\n')).to.throw('p.md:1')
  })

  it('of commands have their outputs and exit statuses', () => {
    const block = { page: 'p.md', line: 1, language: 'console', marks: new Map([['exit', '2']]) }
    expect(commandsOf({ ...block, text: '$ a \\\n  b\nsaid\n$ c\n' })).to.deep.equal([
      { command: 'a \\\n  b', output: 'said\n', exitCode: 0 },
      { command: 'c', output: '', exitCode: 2 },
    ])
    expect(() => commandsOf({ ...block, text: 'said\n' })).to.throw('p.md:1')
    expect(() => commandsOf({ ...block, text: '' })).to.throw('p.md:1')
  })
})

/** Says whether a test takes this block; each of those fails for a block that it cannot take. */
function isTested({ language, page, marks }: Block): boolean {
  if (marks.has('untested')) return false
  const how = CONSOLE_PAGES[page]
  if (
    how !== undefined &&
    'suite' in how &&
    (language === 'console' || marks.has('file')) &&
    !marks.has('on')
  )
    return false
  if (language === 'console') return how !== undefined
  if (language === 'yaml') return marks.has('environment') || marks.get('file') === 'lockstep.yaml'
  return (
    TESTED.has(language) ||
    marks.has('packed') ||
    (marks.has('file') && how !== undefined) ||
    marks.has('agent')
  )
}

/** The pages' blocks that no test takes, and the reasons that they give. */
const UNTESTED = [
  'docs/packages-for-hosts.md: they need root and systemd; the suite of packages runs them on a Debian 12 without Node',
  'docs/packages-for-hosts.md: it makes a tag and takes minutes; the suite of packages makes the same packages',
  'CONTRIBUTING.md: they are the suites themselves',
  'README.md: a drawing',
  'README.md: docs/real-fleet.md has them with a real fleet, where a suite runs them',
  'docs/access.md: its password is a secret variable; the suite of a real nginx and Apache runs these lines',
  'docs/brokers.md: brokers_activemq.real.ts starts three brokers from these lines',
  'docs/brokers.md: brokers_rabbitmq.real.ts starts three nodes with these lines',
  'docs/bus.md: it needs a message; bus.real.ts verifies each with the same command of OpenSSL 3.0',
  'docs/bus.md: its ids and times differ each time; bus.real.ts reads the same fields',
  'docs/configuration.md: its ciphertext is shortened; eyaml.test.ts and eyaml.real.ts open real ones',
  'docs/getting-started.md: pages.package.ts runs the same lines of README.md',
  'docs/hosts-and-agents.md: they need systemd and root; the suite of a real fleet runs them with a stand-in for systemctl',
  'docs/packages.md: it changes a package repository; packages.real.ts runs the same with reprepro and aptly',
  'docs/packages.md: it needs a repository of aptly; packages.real.ts publishes with it',
  'docs/packages.md: its times differ each time; packages.real.ts sees the same lines',
  'docs/packages.md: packages.real.ts writes the same lines',
  'docs/monitoring.md: a part of a configuration of Nagios; the suite of monitoring has a whole one',
  'docs/monitoring.md: a part of a configuration of Prometheus; the suite of monitoring runs one like it',
  'docs/monitoring.md: a part of a server.cfg; the suite of monitoring runs a daemon with it',
  'docs/monitoring.md: it needs a system of monitoring; the suite of monitoring runs the same',
  'docs/monitoring.md: it needs the three systems; the suite of monitoring runs one like it',
  "docs/nats.md: its certificates are a site's own",
  'docs/other-ci.md: it needs a lockstep serve; other_ci.real.ts reports the same',
  'docs/other-ci.md: it needs a lockstep serve; other_ci.real.ts runs exactly this',
  'docs/other-ci.md: no block of Python is compared; other_ci.real.ts runs buildbot with exactly this',
  'docs/pipeline.md: it changes a repository on a server; hook.test.ts pushes through the hook',
  'docs/builds.md: it makes users; build_user.real.ts does the same',
  'docs/builds.md: it needs a commit that was pushed; push.real.ts has one tested again',
  'docs/pipeline.md: it needs a lockstep serve; serve.real.ts sends the same',
  'docs/after-success.md: it needs a plan that waits; approval.real.ts approves one',
  'docs/builds.md: it needs a user of the machine; build_user.real.ts runs builds of one',
  'docs/pipeline.md: it runs until it is told to end; serve.real.ts runs it as a process',
  'docs/pipeline.md: it runs until it is told to end; standby.real.ts runs two of them',
  'docs/pipeline.md: standby.real.ts runs HAProxy with the same check',
  'docs/puppet-masterless.md: it is a file of a host; puppet_apply.real.ts gives the folders',
  'docs/pipeline.md: its commit differs each time; release_news.real.ts reads the same sentence',
  'docs/pipeline.md: its commits and times differ each time; push.real.ts sees the same lines',
  'docs/roads.md: mixed_environment.test.ts reads such a file',
  'docs/runners.md: a runner has no environment; runner.real.ts runs with the same keys',
  'docs/runners.md: it changes a broker; runner.real.ts has a runner with the same rights',
  'docs/runners.md: it makes users; runner.real.ts starts the same command, with such a user',
  'docs/runners.md: it needs a lockstep serve; runner.real.ts has the same keys',
  'docs/runners.md: its commits and times differ each time; runner.real.ts sees the same lines',
  'docs/verify.md: its commit ids differ each time; verify.real.ts pushes the same',
  'docs/verify.md: its commit ids differ each time; verify_puppet.real.ts pushes the same',
  'docs/svn.md: it changes a repository on a server; svn.real.ts installs it and commits',
  'docs/svn.md: it runs until it is told to end; svn.real.ts fetches a tag through it',
  'docs/api.md: it goes on until the rollout is over; console_api.real.ts follows one with curl -N',
  'docs/api.md: it is of Prometheus; console_api.real.ts has a Prometheus read such a one',
  'docs/api.md: it needs a token; console_api.real.ts asks a lockstep serve with curl',
  'docs/api.md: it prints a token, which is another one each time; console_api.real.ts says the same',
  'docs/console.md: console_standby.real.ts runs HAProxy with the same lines, and shorter checks',
  'docs/console.md: it has no environments; the tests of the settings read the same keys',
  'docs/console.md: it runs until it is ended; console_login.real.ts starts the same command',
  'docs/console.md: its files are those of a machine; console_login.real.ts starts it with such',
  'docs/console.md: its secret is that of a machine; console_openid.real.ts starts it with a real provider',
  'docs/console.md: it needs a person who is logged in; console_openid.real.ts says it',
  'docs/shared-history.md: it is for a server of PostgreSQL',
  'docs/tags.md: it needs hosts; console_tags.real.ts asks such',
  'docs/verify.md: it changes a repository on a server; verify.real.ts pushes through the hook',
]
