import { declare, JSON_OPTION, type Command } from '../command'

/** The commands of a host's side, and of what stands around hosts. */
export const HOSTS: Readonly<Record<string, Command>> = {
  doctor: declare({
    group: 'hosts',
    summary: 'looks at all that a rollout depends on, and says what mends it',
    about: 'It changes nothing. What it could not look at is said, and is not called well.',
    options: { json: JSON_OPTION },
    settings: ['LOCKSTEP_ENVIRONMENT', 'LOCKSTEP_CONFIG', 'LOCKSTEP_STATE', 'LOCKSTEP_LOCKS'],
    examples: [
      ['doctor', 'configuration, brokers, secret, clocks, agents, balancers, locks, disk'],
      ['doctor --environment production --json', 'the same for programs'],
    ],
    exits: { 0: 'nothing has failed', 1: 'something has to be mended' },
    load: () => (require('../doctor') as typeof import('../doctor')).doctor,
  }),
  ping: declare({
    group: 'hosts',
    summary: 'who is there, how fast, with which daemon and agents',
    options: {
      class: { takes: 'class', many: true, help: 'only hosts with this class' },
      fact: { takes: 'fact=value', many: true, help: 'only hosts with this fact' },
      tags: { takes: 'repository', help: 'which tags of a repository each host has; nothing is fetched' },
      tag: { takes: 'tag', help: 'only this tag; the newest ones where it is left out' },
      json: JSON_OPTION,
    },
    settings: ['LOCKSTEP_ENVIRONMENT', 'LOCKSTEP_CONFIG'],
    examples: [
      ['ping --environment production', 'asks every host of the environment'],
      ['ping --class roles::web --fact country=de', 'asks only hosts with both'],
      ['ping --tags website --class roles::web', 'on how many hosts each tag of a repository is'],
    ],
    exits: {
      0: 'every expected host has answered',
      1: 'an expected host is silent, or an answer cannot be believed',
      3: 'no host has answered',
    },
    load: () => (require('../ping') as typeof import('../ping')).ping,
  }),
  agent: declare({
    group: 'hosts',
    summary: "a host's side: answers requests until it is told to end",
    options: {
      config: {
        takes: 'file',
        help: 'its configuration, as mcollectived has it',
        default: '/etc/mcollective/server.cfg',
        completed: 'files',
      },
      unit: { help: 'prints a unit for systemd, and ends' },
    },
    examples: [
      ['agent --config server.cfg', 'runs in the foreground, with its log on the standard output'],
      ['agent --config server.cfg --unit', 'prints a unit for systemd that runs the same'],
    ],
    exits: { 0: 'it was told to end', 2: 'its configuration is not right' },
    load: () => (require('../agent') as typeof import('../agent')).agent,
  }),
  enc: declare({
    group: 'hosts',
    summary: "a host's classes, environment and parameters for puppet, from the inventory",
    arguments: [
      { name: 'host', help: 'the certname of a host', needed: true, many: false, completed: 'nothing' },
    ],
    options: {},
    settings: ['LOCKSTEP_CONFIG', 'LOCKSTEP_ENVIRONMENT'],
    examples: [['enc --config lockstep.yaml web1.example.net', 'prints YAML, as puppet asks for it']],
    exits: {
      0: 'the host is known',
      1: 'the inventory has no such host',
      2: 'the configuration is not right',
    },
    load: () => (require('../enc') as typeof import('../enc')).enc,
  }),
  ddl: declare({
    group: 'hosts',
    summary: 'what mco has to know of an agent',
    arguments: [
      { name: 'agent', help: 'the name of an agent', needed: true, many: false, completed: 'nothing' },
    ],
    options: {
      agents: { takes: 'folder', help: "a folder of a team's own agents", completed: 'folders' },
    },
    examples: [['ddl package > package.ddl', "writes the agent's contract for mco's libdir"]],
    exits: { 0: 'printed', 2: 'there is no such agent' },
    load: () => (require('../ddl') as typeof import('../ddl')).ddl,
  }),
}
