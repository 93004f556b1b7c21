import { declare, JSON_OPTION, type Argument, type Command } from '../command'

const RUN: Argument = {
  name: 'run',
  help: 'the id of a run, as its screen and its journal have it',
  needed: true,
  many: false,
  completed: 'runs',
}

/** The commands for what runs have left. */
export const AFTERWARDS: Readonly<Record<string, Command>> = {
  status: declare({
    group: 'afterwards',
    summary: 'which hosts are out of rotation, since when, by which run',
    options: { json: JSON_OPTION },
    settings: ['LOCKSTEP_STATE', 'LOCKSTEP_LOCKS', 'LOCKSTEP_HOSTS'],
    examples: [
      ['status', 'lists them, each with the command that puts it back'],
      ['status --hosts all', 'the same, and every host named, however many they are'],
      ['status --json', 'the same for programs'],
    ],
    exits: { 0: 'no host is out', 1: 'a host is out, or not everything is known' },
    load: () => (require('../status') as typeof import('../status')).status,
  }),
  'put-back': declare({
    group: 'afterwards',
    summary: 'puts hosts back that runs have left out of rotation',
    about: 'It asks each host again, and believes only what it sees.',
    options: {
      run: { takes: 'run', many: true, help: 'the hosts of this run', completed: 'runs' },
      host: { takes: 'host', many: true, help: 'this host' },
      all: { help: 'every host of every run' },
      json: JSON_OPTION,
    },
    settings: [
      'LOCKSTEP_ENVIRONMENT',
      'LOCKSTEP_CONFIG',
      'LOCKSTEP_STATE',
      'LOCKSTEP_LOCKS',
      'LOCKSTEP_TAKE_LOCK',
    ],
    examples: [
      ['put-back --all', 'puts back all that is out'],
      ['put-back --host web1.example.net --host web2.example.net', 'puts back two hosts'],
    ],
    exits: {
      0: 'all that was named is back',
      1: 'a host is still out, or not everything is known',
      2: 'nothing or something unknown was named; nothing was sent',
      4: 'the fleet cannot be reached',
      6: 'another rollout has these hosts',
      130: 'the operator interrupted it',
    },
    load: () => (require('../put_back') as typeof import('../put_back')).putBack,
  }),
  report: declare({
    group: 'afterwards',
    summary: 'writes the reports of a run again, from its journal alone',
    arguments: [RUN],
    options: {
      to: { takes: 'folder', help: 'where they are written', default: 'reports', completed: 'folders' },
      json: JSON_OPTION,
    },
    settings: ['LOCKSTEP_STATE'],
    examples: [
      ['report 20260101T000000-1a2b3c --to /tmp/reports', 'writes rollout.html, junit.xml and run.json'],
    ],
    exits: {
      0: 'the run ended, and its journal tells of that same end',
      1: 'the run did not end, or its journal does not tell all',
      2: 'there is no such run',
    },
    load: () => (require('../report') as typeof import('../report')).report,
  }),
  history: declare({
    group: 'afterwards',
    summary: 'what changed, where, by whom and for which ticket',
    options: {
      environment: {
        takes: 'name',
        help: 'only what was done in this environment',
        completed: 'environments',
      },
      release: { takes: 'name', help: 'only what was done for this release' },
      host: { takes: 'host', help: 'only what was done to this host' },
      ticket: { takes: 'ticket', help: 'only what was done for this ticket' },
      write: { takes: 'run', help: 'writes a run into the history, from its journal', completed: 'runs' },
      modules: { help: 'which modules of puppet code runs have found last, and where' },
      import: { help: 'brings the runs of this control host into the shared history, each once' },
      json: JSON_OPTION,
    },
    settings: ['LOCKSTEP_CONFIG', 'LOCKSTEP_STATE'],
    examples: [
      ['history --environment production --release 4.2', 'what a release has changed'],
      ['history --host web1.example.net --json', 'all that was done to a host, for programs'],
    ],
    exits: {
      0: 'something is known',
      1: 'nothing of that is in the history, or not all could be brought in',
      2: 'there is no such run, or no shared history',
    },
    load: () => (require('../history') as typeof import('../history')).history,
  }),
  rollback: declare({
    group: 'afterwards',
    summary: 'writes the feature that goes back to the release before; runs nothing',
    about:
      'It goes by the history alone: the hosts that the release has changed, and the versions they had. Where the history does not know for sure what was there before, it writes nothing and says why.',
    arguments: [
      {
        name: 'release',
        help: 'the release that hosts are brought back from',
        needed: true,
        many: false,
        completed: 'nothing',
      },
    ],
    options: {
      to: { takes: 'file', help: 'the feature that is written', default: 'printed', completed: 'files' },
      feature: {
        takes: 'feature',
        help: 'one feature of the release, where it has several',
        completed: 'features',
      },
    },
    settings: ['LOCKSTEP_ENVIRONMENT', 'LOCKSTEP_CONFIG', 'LOCKSTEP_STATE'],
    examples: [['rollback 4.2 --to features/back.feature', 'writes the way back from release 4.2']],
    exits: {
      0: 'the feature is written',
      2: 'there is no such release, or the file is there already',
      6: 'the history does not know for sure what was there before',
    },
    load: () => (require('../rollback') as typeof import('../rollback')).rollback,
  }),
  drift: declare({
    group: 'afterwards',
    summary: 'whether what was released is still so, for monitoring',
    about: 'It runs the lines of a release that look at hosts, and none that changes them.',
    options: {
      environment: {
        takes: 'name',
        help: 'the environment that is looked at',
        default: 'the configured one',
        completed: 'environments',
      },
      release: {
        takes: 'name',
        help: 'the release that is looked at',
        default: 'the last one that has passed there',
      },
      json: JSON_OPTION,
    },
    settings: ['LOCKSTEP_CONFIG', 'LOCKSTEP_STATE'],
    examples: [['drift --environment production', 'looks at the last release']],
    exits: { 0: 'OK', 2: 'CRITICAL: a host is not as it was left', 3: 'UNKNOWN: it cannot be told' },
    load: () => (require('../drift') as typeof import('../drift')).drift,
    onMisuse: (why, words) => (require('../drift') as typeof import('../drift')).unknownDrift(why, words),
  }),
  prune: declare({
    group: 'afterwards',
    summary: 'removes journals and logs of old runs; never what is out of rotation',
    options: {
      'older-than': { takes: 'age', help: 'the age, a day or more: 30d, "12 weeks"', default: '90 days' },
      stopped: { help: 'removes runs that stopped, too' },
      'dry-run': { help: 'removes nothing, and says what would be removed' },
      json: JSON_OPTION,
    },
    settings: ['LOCKSTEP_STATE', 'LOCKSTEP_LOCKS'],
    examples: [['prune --older-than "12 weeks" --dry-run', 'says what would be removed']],
    exits: { 0: 'done, also where nothing was to do', 2: 'the age is none' },
    load: () => (require('../prune') as typeof import('../prune')).prune,
  }),
}
