import { SETTINGS_OF } from '../../config/command_settings'
import { declare, JSON_OPTION, type Argument, type Command } from '../command'

const WEBSITE = 'features/deployments/website.feature'

const FEATURES: Argument = {
  name: 'feature',
  help: 'features, each as a path, or as path:line for one scenario',
  needed: true,
  many: true,
  completed: 'features',
}
const ANY_FEATURES: Argument = {
  ...FEATURES,
  help: `${FEATURES.help}; all below features/ where none is named`,
  needed: false,
}

const OPTIONS = {
  tags: {
    takes: 'expression',
    many: true,
    help: 'runs only scenarios with these tags, of those that the profile runs',
  },
  name: { takes: 'pattern', many: true, help: 'runs only scenarios whose name matches' },
  profile: { takes: 'profile', many: true, help: "adds a profile of the team's own cucumber.js" },
  'cucumber-config': {
    takes: 'file',
    help: "cucumber's own configuration, in place of cucumber.js",
    completed: 'files',
  },
  json: JSON_OPTION,
} as const

const INVALID = 'the feature, the configuration or the command line is not right; nothing was sent'

const load = (name: 'lint' | 'rehearse' | 'plan' | 'run') => () =>
  (require('../become_cucumber') as typeof import('../become_cucumber')).becomeCucumber(name)

/** The commands that run features. Each is a profile of cucumber.js, with flags in place of variables. */
export const ROLLOUTS: Readonly<Record<string, Command>> = {
  lint: declare({
    group: 'rollouts',
    summary: 'reads features, says what is dangerous in them, sends nothing',
    about: 'It is cucumber-js -p lint.',
    arguments: [ANY_FEATURES],
    options: OPTIONS,
    settings: SETTINGS_OF.lint,
    examples: [
      ['lint', 'reads all features'],
      [`lint ${WEBSITE}`, 'reads one'],
    ],
    exits: { 0: 'no error was found', 2: 'a line cannot be run, or is dangerous' },
    load: load('lint'),
    becomesCucumber: true,
  }),
  rehearse: declare({
    group: 'rollouts',
    summary: 'runs features on simulated hosts, and again once for each fault',
    about: 'It is cucumber-js -p rehearse.',
    arguments: [ANY_FEATURES],
    options: OPTIONS,
    settings: SETTINGS_OF.rehearse,
    examples: [
      [`rehearse ${WEBSITE}`, 'rehearses one feature'],
      [`rehearse --var version=4.2.6-3.el5 ${WEBSITE}`, 'gives <version> in the feature a value'],
    ],
    exits: { 0: 'all of it went as it should', 1: 'a rehearsal failed', 2: INVALID },
    load: load('rehearse'),
    becomesCucumber: true,
  }),
  ci: declare({
    group: 'rollouts',
    summary: 'lint, then rehearse; with --listen, tests commits',
    about:
      'It is cucumber-js -p ci. With --listen it takes builds off the queues of a lockstep serve on another machine, as docs/runners.md has it; its arguments are repositories then.',
    arguments: [ANY_FEATURES],
    options: {
      ...OPTIONS,
      listen: {
        help: 'tests commits for a lockstep serve elsewhere, until it is ended; the arguments are repositories',
      },
      unit: { help: 'with --listen: prints a unit for systemd, and ends' },
    },
    settings: SETTINGS_OF.ci,
    examples: [
      [`ci ${WEBSITE}`, 'lints the feature, and rehearses it if that finds no error'],
      ['ci --listen website --state /var/lib/lockstep', 'tests commits of a repository, one at a time'],
    ],
    exits: { 0: 'nothing was found, and all went as it should', 1: 'a rehearsal failed', 2: INVALID },
    load: () => (require('../ci') as typeof import('../ci')).ci,
    becomesCucumber: true,
  }),
  plan: declare({
    group: 'rollouts',
    summary: 'asks the fleet what a rollout would change, changes nothing',
    about: 'It is cucumber-js -p plan.',
    arguments: [FEATURES],
    options: OPTIONS,
    settings: SETTINGS_OF.plan,
    examples: [
      [`plan ${WEBSITE}`, 'plans it for the default environment'],
      [`plan --environment test --var version=4.2.6-3.el5 ${WEBSITE}`, 'plans it for another one'],
    ],
    exits: {
      0: 'every line would pass',
      1: 'a line would fail',
      2: INVALID,
      3: 'no host was found',
      4: 'the fleet cannot be reached',
      5: 'it would pass with failures that are allowed',
      6: 'a lock or a gate refused it',
      130: 'the operator interrupted it',
    },
    load: load('plan'),
    becomesCucumber: true,
  }),
  run: declare({
    group: 'rollouts',
    summary: 'rolls out: every host moves in lockstep, or it stops',
    about:
      'It is cucumber-js -p live, and goes to real hosts. Ctrl-C lets the step under way end, and begins no other.',
    arguments: [FEATURES],
    options: {
      ...OPTIONS,
      idempotence: { help: 'plans the same again afterwards, which has to change nothing' },
    },
    settings: SETTINGS_OF.run,
    examples: [
      [`run ${WEBSITE}`, 'rolls out to the default environment'],
      [`run --environment test --release 4.2 --ticket OPS-1 ${WEBSITE}`, 'says where, what and why'],
      [`run --plan 0123456789ab ${WEBSITE}`, 'does exactly what a plan says, or nothing'],
      [`run --resume 20260101T000000-1a2b3c ${WEBSITE}`, 'goes on where a run has stopped'],
    ],
    exits: {
      0: 'every line passed on every host',
      1: 'a line failed; nothing after it was sent',
      2: INVALID,
      3: 'no host was found',
      4: 'the fleet cannot be reached',
      5: 'passed with failures that are allowed',
      6: 'a lock, a gate or a plan refused it',
      130: 'the operator interrupted it',
    },
    load: load('run'),
    becomesCucumber: true,
  }),
}
