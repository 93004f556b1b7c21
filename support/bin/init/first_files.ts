/** The language that a team writes its own steps in. */
export type StepLanguage = 'commonjs' | 'esm' | 'typescript'

export interface Project {
  steps: StepLanguage
  /** The module that lets TypeScript be loaded, such as tsx/cjs. */
  loader: string | undefined
  /** True when the project's own .js files are ES modules. */
  isEsm: boolean
  /** The `client.cfg` that `mco` reads here. */
  clientCfg: string
}

/** Returns the files that a repository of deploys starts with, by their names. */
export function firstFiles(project: Project): Record<string, string> {
  return {
    [project.isEsm ? 'cucumber.cjs' : 'cucumber.js']: cucumberConfig(project),
    'features/deployments/website.feature': FEATURE,
    [`step_definitions/website.${project.steps === 'typescript' ? 'ts' : 'js'}`]: FIRST_STEP[project.steps],
    'lockstep.yaml': lockstepYaml(project),
    '.vscode/settings.json': EDITOR,
  }
}

function cucumberConfig({ steps, loader, isEsm }: Project): string {
  const options = {
    commonjs: "{ require: ['step_definitions/**/*.js'] }",
    esm: "{ import: ['step_definitions/**/*.js'] }",
    typescript: `{ requireModule: [require.resolve('${loader}')], require: ['step_definitions/**/*.ts'] }`,
  }[steps]
  const why = isEsm ? '// CommonJS, as its name says: it is read before any module of the project.\n' : ''
  return `${why}const { profiles } = require('lockstep')

module.exports = profiles(${options})
`
}

const CUCUMBER = '@cucumber/cucumber'

const STEP = `Then('the website is up to date', async function THIS {
  expect(await this.rollout.packages.versionShouldBe('mywebapp', '4.2.6-3.el5')).to.pass()
})
`
const COMMENT =
  '// A step of your own: what this.rollout offers asks the hosts, and counts every one of them.\n'

const FIRST_STEP: Readonly<Record<StepLanguage, string>> = {
  commonjs: `const { Then } = require('${CUCUMBER}')
const { expect } = require('lockstep')

${COMMENT}${STEP.replace('THIS', '()')}`,
  esm: `import { Then } from '${CUCUMBER}'
import { expect } from 'lockstep'

${COMMENT}${STEP.replace('THIS', '()')}`,
  typescript: `import { Then } from '${CUCUMBER}'
import { expect, type LockstepWorld } from 'lockstep'

${COMMENT}${STEP.replace('THIS', '(this: LockstepWorld)')}`,
}

const FEATURE = `Feature: Update the production systems
    Background:
        Given the load balancer has ip address 192.168.1.1
        And I want to update hosts with class roles::dev_server
        And I want to update hosts with fact country=de
        And I want to pre-discover how many hosts to update
        And there should be at least 8 hosts
        # All hosts at once is for a first try; "I take <wave>" has one host go first.
        And the whole pool may be out of service
    Scenario: Update the website
        When I block the load balancer
        Then traffic from the load balancer should be blocked
        When I update the package mywebapp
        Then the package version for mywebapp should be 4.2.6-3.el5
        And the website is up to date
        When I unblock the load balancer
        Then traffic from the load balancer should be unblocked
`

const EDITOR = `{
  "cucumber.features": ["features/**/*.feature"],
  "cucumber.glue": ["node_modules/lockstep/dist/glue/**/*.ts", "step_definitions/**/*.js", "step_definitions/**/*.ts"]
}
`

/** The schema by which editors complete and check the file. */
const SCHEMA = 'node_modules/lockstep/docs/schemas/lockstep-yaml.json'

function lockstepYaml({ clientCfg }: Project): string {
  return `# yaml-language-server: $schema=${SCHEMA}
# The fleets that features can be rolled out to; --environment <name> chooses one. The embedded fleet needs none of this.
default: test
environments:
  test:
    client_config: ${JSON.stringify(clientCfg)} # all that mco knows
    # inventory: [hosts.csv]                    # who should be there: a column host, others as facts
    # variables: { version: 4.2.6-3.el5 }       # <version> in features
  # production:
  #   connector: activemq                       # or rabbitmq
  #   brokers:                                  # tried in this order
  #     - host: mq1.example.net
  #       port: 61614
  #       user: deploy
  #       password: { env: MQ_PASSWORD }        # or { file: path }
  #       tls: { ca: ca.pem, cert: me.pem, key: me.key }
  #   security: { provider: psk, secret: { file: /etc/lockstep/psk } }
  #   safe_mode: true                           # nothing is changed until a release is activated
`
}
