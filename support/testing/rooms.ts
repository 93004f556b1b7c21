/** A folder, or a file that stands for one: what is in it, and what it may import. Every room may import system. */
export interface Room {
  holds: string
  mayImport: readonly string[]
}

/** The rooms of the house, from the top. */
export const ROOMS: Readonly<Record<string, Room>> = {
  step_definitions: {
    holds: 'phrases only, one file per noun',
    mayImport: [
      'support/cucumber',
      'support/rollout',
      'support/rollout/verbs',
      'support/rollout/model',
      'support/inventory',
      '@cucumber/cucumber',
    ],
  },
  'support/cucumber': {
    holds: 'what speaks cucumber, and nothing else: world, hooks, plugin, profiles, parameter types',
    mayImport: [
      'support/sentences',
      'support/composition',
      'support/run',
      'support/reporting',
      'support/preflight',
      'support/rollout',
      'support/rollout/model',
      'support/verify',
      '@cucumber/cucumber',
    ],
  },
  'support/composition': {
    holds: 'the one place where parts meet; `composition.ts` reads as the story of a run',
    mayImport: [
      'support/run',
      'support/reporting',
      'support/preflight',
      'support/lint',
      'support/rehearsal',
      'support/planning',
      'support/history',
      'support/pipeline',
      'support/extensions',
      'support/rollout',
      'support/rollout/verbs',
      'support/rollout/engine',
      'support/rollout/ports',
      'support/rollout/model',
      'support/locks',
      'support/notifications',
      'support/inventory',
      'support/config',
      'support/balancers',
      'support/rpc/client',
      'support/rpc/contracts',
      'support/protocol',
      'support/connectors',
      'support/simulation',
    ],
  },
  'support/run': {
    holds: 'a run: its events, the state that they come to, its modes and parameters',
    mayImport: [
      'support/sentences',
      'support/lint',
      'support/rollout/ports',
      'support/rollout/model',
      'support/config',
    ],
  },
  'support/reporting': {
    holds:
      'what is shown of a run: `console`, `html`, `ci` (JUnit, GitHub), `run.json`, the recovery feature',
    mayImport: [
      'support/sentences',
      'support/run',
      'support/preflight',
      'support/lint',
      'support/rehearsal',
      'support/planning',
      'support/rollout/model',
      'support/config',
    ],
  },
  'support/preflight': {
    holds: 'what a feature is read by before it runs: validation and variables',
    mayImport: [
      'support/sentences',
      'support/run',
      'support/lint',
      'support/rehearsal',
      'support/rollout/verbs',
      'support/rollout/model',
      'support/config',
      'support/rpc/contracts',
      'support/protocol',
    ],
  },
  'support/sentences': {
    holds: 'the catalogue: every phrase with its effect on hosts and its line of help',
    mayImport: ['support/rollout/model'],
  },
  'support/extensions': {
    holds: 'the code that a team adds: loaded from the files of lockstep.yaml, and checked',
    mayImport: [
      'support/lint',
      'support/rollout/model',
      'support/notifications',
      'support/config',
      'support/balancers',
      'support/rpc/contracts',
      'support/agents',
    ],
  },
  'support/lint': {
    holds: 'what is dangerous in a feature and can be told from its text; one rule a file',
    mayImport: ['support/sentences', 'support/rollout/ports', 'support/rollout/model'],
  },
  'support/rehearsal': {
    holds: 'a feature on simulated hosts, with faults',
    mayImport: [
      'support/sentences',
      'support/run',
      'support/rollout',
      'support/rollout/model',
      'support/inventory',
      'support/config',
      'support/rpc/contracts',
      'support/simulation',
    ],
  },
  'support/planning': {
    holds: 'what a rollout would change; a plan as a file; the idempotence check',
    mayImport: [
      'support/run',
      'support/rollout/ports',
      'support/rollout/engine',
      'support/rollout/model',
      'support/config',
      'support/rpc/contracts',
    ],
  },
  'support/history': {
    holds: 'what changed, where, by whom and for which ticket; drift; shared in PostgreSQL',
    mayImport: [
      'support/run',
      'support/rollout/ports',
      'support/rollout/model',
      'support/locks',
      'support/config',
    ],
  },
  'support/rollout': {
    holds: 'one rollout, its parts put together, and what a step expects of its verdicts',
    mayImport: [
      'support/rollout/verbs',
      'support/rollout/engine',
      'support/rollout/ports',
      'support/rollout/model',
    ],
  },
  'support/rollout/verbs': {
    holds: 'changes and looks, built as data; one noun a file',
    mayImport: ['support/rollout/engine', 'support/rollout/ports', 'support/rollout/model'],
  },
  'support/rollout/engine': {
    holds: 'carries out what verbs build: performs it, plans it, or proves it again',
    mayImport: ['support/rollout/ports', 'support/rollout/model'],
  },
  'support/rollout/ports': {
    holds: 'what a rollout needs from the world',
    mayImport: ['support/rollout/model'],
  },
  'support/rollout/model': {
    holds: 'pure: verdict, cohorts, wave plan, versions, budget, ledger',
    mayImport: [],
  },
  'support/locks': {
    holds: 'what keeps two rollouts from one host: on the control host, and on the hosts',
    mayImport: ['support/run', 'support/rollout/ports', 'support/rollout/model', 'support/config'],
  },
  'support/notifications': {
    holds: 'what the world is told: events, channels, their queues',
    mayImport: ['nodemailer'],
  },
  'support/inventory': {
    holds: 'who should be there: lists, CSV, YAML, programs',
    mayImport: ['support/rollout/ports', 'support/config', 'support/protocol'],
  },
  'support/config': {
    holds: '`client.cfg`, `server.cfg`, `lockstep.yaml`, settings, secrets',
    mayImport: ['support/notifications', 'support/balancers', 'support/connectors', 'support/agents'],
  },
  'support/balancers': {
    holds: 'what takes a host out of the pool: the host’s firewall, HAProxy',
    mayImport: ['support/rollout/ports', 'support/rollout/model'],
  },
  'support/rpc/client': {
    holds: 'discovery and calls, one outcome for each host',
    mayImport: ['support/rpc/contracts', 'support/protocol', 'support/connectors'],
  },
  'support/rpc/server': {
    holds: 'a host’s side: bytes of a request in, bytes of a reply out',
    mayImport: ['support/rpc/contracts', 'support/protocol'],
  },
  'support/rpc/contracts': { holds: 'one typed DDL for each agent, shared by both sides', mayImport: [] },
  'support/protocol': {
    holds: 'bytes and messages: Marshal, envelope, security, filter; its README draws the onion',
    mayImport: ['re2js'],
  },
  'support/connectors': { holds: 'roads to hosts: STOMP, by ActiveMQ or RabbitMQ', mayImport: ['stompit'] },
  'support/agents': {
    holds: 'what a host can do, over ports; `providers` on a real host, `external` of others',
    mayImport: ['support/rpc/server', 'support/rpc/contracts', 'support/protocol'],
  },
  'support/daemon': {
    holds: 'a host’s side put together: `lockstep agent`',
    mayImport: [
      'support/config',
      'support/rpc/server',
      'support/rpc/contracts',
      'support/protocol',
      'support/connectors',
      'support/agents',
    ],
  },
  'support/simulation': {
    holds: 'an embedded broker and HAProxy, simulated hosts, faults',
    mayImport: [
      'support/config',
      'support/rpc/server',
      'support/protocol',
      'support/connectors',
      'support/agents',
    ],
  },
  'support/doctor': {
    holds: 'what a rollout depends on, one check a file, each with what mends it: `lockstep doctor`',
    mayImport: [
      'support/composition',
      'support/survey',
      'support/run',
      'support/extensions',
      'support/lint',
      'support/history',
      'support/rollout/ports',
      'support/rollout/model',
      'support/locks',
      'support/config',
      'support/balancers',
      'support/protocol',
      'support/connectors',
    ],
  },
  'support/survey': {
    holds:
      'who is there, how fast, with which daemon and agents: `lockstep ping`; who has a tag, and fetches it',
    mayImport: [
      'support/composition',
      'support/preflight',
      'support/run',
      'support/rollout/ports',
      'support/rollout/model',
      'support/inventory',
      'support/config',
      'support/rpc/client',
      'support/rpc/contracts',
      'support/protocol',
      'support/connectors',
    ],
  },
  'support/pipeline': {
    holds:
      'from a push to every host: the spool of hooks, deliveries, builds, fetches, and the journal of them',
    mayImport: ['support/rollout/model', 'support/config'],
  },
  'support/deploys': {
    holds:
      'plans and rollouts that `lockstep serve` begins: the command that a person would call, and what its journal tells',
    mayImport: [
      'support/pipeline',
      'support/planning',
      'support/run',
      'support/reporting',
      'support/rollout/model',
    ],
  },
  'support/verify': {
    holds: 'what a `pre-receive` refuses a push for: the checkers of files, and the files of new commits',
    mayImport: ['support/pipeline', 'support/config'],
  },
  'support/bus': {
    holds: 'the events of a pipeline on the broker: messages, signatures, and what is still to be published',
    mayImport: ['support/pipeline', 'support/rollout/model', 'support/config', 'support/connectors'],
  },
  'support/statuses': {
    holds: 'how the tests of a commit went, as GitHub, GitLab and Gitea show it beside the commit',
    mayImport: ['support/pipeline', 'support/notifications', 'support/config'],
  },
  'support/runner': {
    holds: '`lockstep ci --listen`: takes builds off a queue, runs them here, and reports how they ended',
    mayImport: ['support/bus', 'support/pipeline', 'support/config', 'support/connectors'],
  },
  'support/people': {
    holds: 'who can log in, and who may do what: the file of people, the policy and its sentences',
    mayImport: ['support/config'],
  },
  'support/openid': {
    holds: 'logins at an OpenID provider: what it is asked, and whom its answer names',
    mayImport: ['support/people', 'support/config', 'openid-client'],
  },
  'support/console': {
    holds:
      'what all pages of `lockstep serve` stand on: the guard, sessions, logins, the audit trail, the layout',
    mayImport: [
      'support/people',
      'support/openid',
      'support/reporting',
      'support/server',
      'support/config',
      'hono',
    ],
  },
  'support/console/api': {
    holds: 'the HTTP API for programs: its tokens, paths, acts and errors, and their description as OpenAPI',
    mayImport: ['support/console', 'support/people', 'support/config', 'hono'],
  },
  'support/console/metrics': {
    holds: 'numbers for Prometheus, from what journals have',
    mayImport: ['support/pipeline', 'support/run', 'support/rollout/model'],
  },
  'support/console/pages': {
    holds: 'the pages: what is so now, the history, the pipeline, the fleet, from what is recorded',
    mayImport: [
      'support/console',
      'support/people',
      'support/reporting',
      'support/history',
      'support/pipeline',
      'support/run',
      'support/rollout/model',
      'support/locks',
      'support/inventory',
      'support/config',
    ],
  },
  'support/console/live': {
    holds: 'the pages of rollouts, live, from their journals alone',
    mayImport: [
      'support/console',
      'support/people',
      'support/reporting',
      'support/run',
      'support/rollout/model',
      'support/locks',
    ],
  },
  'support/console/standing': {
    holds:
      'what a person does about a rollout that is there: answers its gate, stops it, puts its hosts back',
    mayImport: [
      'support/console',
      'support/console/live',
      'support/people',
      'support/reporting',
      'support/run',
      'support/rollout/model',
    ],
  },
  'support/server': {
    holds: '`lockstep serve`: takes what triggers tell, and has it carried out; it holds no truth of its own',
    mayImport: [
      'support/bus',
      'support/statuses',
      'support/pipeline',
      'support/notifications',
      'support/locks',
      'support/config',
      'support/connectors',
      'hono',
      '@hono/node-server',
    ],
  },
  'support/bin': {
    holds: 'the commands: they parse arguments and call',
    mayImport: [
      'support/sentences',
      'support/composition',
      'support/doctor',
      'support/survey',
      'support/run',
      'support/reporting',
      'support/history',
      'support/bus',
      'support/pipeline',
      'support/deploys',
      'support/verify',
      'support/rollout/model',
      'support/locks',
      'support/inventory',
      'support/config',
      'support/rpc/contracts',
      'support/agents',
      'support/daemon',
      'support/runner',
      'support/people',
      'support/console',
      'support/console/pages',
      'support/console/live',
      'support/console/standing',
      'support/console/api',
      'support/console/metrics',
      'support/server',
    ],
  },
  'support/system': { holds: 'clock, errors, files, programs, log; what no room owns', mayImport: [] },
}
