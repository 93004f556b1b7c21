import { declare, JSON_OPTION, type Command } from '../command'

/** The commands on the way from a push to hosts. */
export const PIPELINE: Readonly<Record<string, Command>> = {
  pipeline: declare({
    group: 'pipeline',
    summary: 'what became of each push: tests, hosts and rollouts',
    about:
      'It reads journals, the history and the spool alone, and asks nothing of repositories or hosts. With --report, the job of another CI tells lockstep serve how a build goes; it needs no configuration.',
    arguments: [
      {
        name: 'repository',
        help: 'only this one, by its name in lockstep.yaml',
        needed: false,
        many: false,
        completed: 'nothing',
      },
    ],
    options: {
      again: {
        takes: 'commit',
        help: 'has a commit tested again; its earlier results stay',
        completed: 'nothing',
      },
      approve: {
        takes: 'plan',
        help: 'has exactly this plan rolled out, once',
        completed: 'nothing',
      },
      plan: {
        takes: 'environment',
        help: 'has the deploy to an environment planned again',
        completed: 'nothing',
      },
      gone: {
        takes: 'run',
        help: 'says that nothing of a rollout runs any more on the machine that began it',
        completed: 'nothing',
      },
      all: { help: 'also what is old, and what was passed over' },
      follow: { help: 'prints what is new as it happens, until Ctrl-C' },
      json: JSON_OPTION,
      'public-key': { help: 'prints the key that messages of the bus are verified with, and nothing else' },
      report: {
        takes: 'state',
        only: ['started', 'succeeded', 'failed'],
        help: 'tells lockstep serve how a build of another CI goes',
      },
      commit: { takes: 'id', help: 'with --report: the commit that was built, whole', completed: 'nothing' },
      build: {
        takes: 'name',
        help: 'with --report: its name in that CI, which no other build of the commit has',
        completed: 'nothing',
      },
      url: { takes: 'address', help: 'with --report: where people see the build', completed: 'nothing' },
      to: {
        takes: 'address',
        help: 'with --report: where lockstep serve listens',
        default: 'http://127.0.0.1:8090',
        completed: 'nothing',
      },
      secret: {
        takes: 'file',
        help: 'with --report: the secret of ci.reports',
        completed: 'files',
      },
      'secret-env': {
        takes: 'variable',
        help: 'with --report: the variable that has the secret',
        completed: 'nothing',
      },
    },
    settings: ['LOCKSTEP_CONFIG', 'LOCKSTEP_STATE'],
    examples: [
      ['pipeline', 'the newest commits of every repository'],
      ['pipeline website --all', 'everything that is known of one'],
      ['pipeline website --again 41d0e6c2f9aa', 'tests a commit again, such as after a fault of the network'],
      ['pipeline website --approve 0123456789ab', 'rolls out what this plan says, or nothing'],
      [
        'pipeline website --report failed --commit "$id" --build 12 --secret ci.key',
        'reports a build of another CI',
      ],
      ['pipeline --follow', 'a sentence for each new event, from now on'],
    ],
    exits: {
      0: 'printed; the report is taken',
      1: 'nothing was pushed, not everything is known, or there is no key; the report could not be told',
      2: 'lockstep.yaml is not right, options do not go together, or there is no such plan; the report is refused',
      6: 'the plan cannot be approved, such as one that was approved before; the rollout is followed by its own machine',
    },
    load: () => (require('../pipeline') as typeof import('../pipeline')).pipeline,
  }),
  hook: declare({
    group: 'pipeline',
    summary: 'tells of every git push, and loses none; or refuses faulty ones',
    about:
      'The hook is a small program of the shell. It leaves each push in a folder, on disk, and neither delays nor fails it. A Subversion repository gets a post-commit, which leaves revisions. With verify it is about a pre-receive, which checks features, YAML and Puppet code and refuses a push that is faulty.',
    arguments: [
      {
        name: 'what',
        help: 'verify: checks a push that git tells of on the standard input, or installs what does so',
        needed: false,
        many: false,
        only: ['verify'],
        completed: 'nothing',
      },
    ],
    options: {
      install: {
        takes: 'folder',
        help: 'the bare repository that people push to, or one of Subversion',
        completed: 'folders',
      },
      gitolite: {
        takes: 'folder',
        help: 'the LOCAL_CODE of gitolite, for all its repositories',
        completed: 'folders',
      },
      packages: {
        takes: 'folder',
        help: 'the base folder of reprepro, or of aptly: writes what announces packages',
        completed: 'folders',
      },
      repository: {
        takes: 'name',
        help: 'its name in lockstep.yaml',
        default: 'the name of the folder without .git',
      },
      spool: {
        takes: 'folder',
        help: 'where pushes are left',
        default: 'pipeline.spool of lockstep.yaml, or /var/spool/lockstep',
        completed: 'folders',
      },
      print: { help: 'prints the hook, and installs nothing' },
      warn: {
        takes: 'check',
        many: true,
        only: [
          'feature',
          'yaml',
          'lockstep.yaml',
          'hiera',
          'eyaml',
          'puppet',
          'epp',
          'puppet-lint',
          'erb',
          'puppetfile',
        ],
        help: 'with verify: errors of this check are shown, and refuse nothing',
      },
      skip: {
        takes: 'check',
        many: true,
        only: ['puppet', 'epp', 'puppet-lint', 'erb', 'puppetfile'],
        help: 'with verify: this check is left out, which each push is told',
      },
      strict: { help: "with verify: a line that is no sentence of Lockstep's refuses the push" },
    },
    settings: ['LOCKSTEP_CONFIG'],
    examples: [
      ['hook --install /srv/git/website.git', 'writes its hooks/post-receive'],
      ['hook --install /srv/svn/website', 'writes its hooks/post-commit, for Subversion'],
      ['hook --gitolite ~git/local', 'writes a hook that gitolite.conf can name'],
      ['hook --packages /srv/apt', 'writes a program by which reprepro tells of new packages'],
      [
        'hook verify --install /srv/git/website.git',
        'writes its hooks/pre-receive, which refuses faulty pushes',
      ],
    ],
    exits: {
      0: 'installed, also where nothing was to do; the push may come in',
      1: 'the push is refused',
      2: 'it cannot be installed; what was there is as it was',
    },
    load: () => (require('../hook') as typeof import('../hook')).hook,
  }),
  serve: declare({
    group: 'pipeline',
    summary: 'takes what is pushed, and follows it through its tests',
    about:
      'It reads pipeline, console and monitoring from lockstep.yaml. A push is on disk before its sender gets an answer. One process serves a state folder.',
    options: {
      unit: { help: 'prints a unit for systemd, and ends' },
      standby: {
        help: 'waits while another process serves the state folder, and takes over when that one ends',
      },
      monitoring: { help: 'compares monitoring with the inventory once, brings it in step, and ends' },
      noop: { help: 'with --monitoring: shows what would change, and changes nothing' },
      removed: {
        takes: 'count',
        help: 'with --monitoring: says that exactly so many hosts have left, more than may leave by themselves',
        completed: 'nothing',
      },
      json: JSON_OPTION,
    },
    settings: ['LOCKSTEP_CONFIG', 'LOCKSTEP_STATE'],
    examples: [
      ['serve --state /var/lib/lockstep', 'runs in the foreground, with its log on the standard output'],
      ['serve --state /var/lib/lockstep --unit', 'prints a unit for systemd that runs the same'],
      ['serve --state /srv/shared/lockstep --standby', 'one of two behind a balancer'],
      ['serve --monitoring --noop', 'what would change in Nagios, Icinga and Prometheus'],
    ],
    exits: {
      0: 'it was told to end; monitoring is in step, or what would change is shown',
      1: 'a journal cannot be written, or does not tell everything; monitoring is not in step',
      2: 'its configuration is not right, or its port is taken',
      6: 'another process serves the same state folder',
    },
    load: () => (require('../serve') as typeof import('../serve')).serve,
  }),
  user: declare({
    group: 'pipeline',
    summary: 'who can log in to the console: adds people, and lists them',
    about:
      'It writes the file that console.people of lockstep.yaml names. A password is asked for without being shown, or is the first line of the standard input. A password that changes, and a person who goes, end their sessions and tokens. With logout, the sessions of a person end, and nothing else changes. With audit, it prints what people did in the console, and what was refused to them. A token is for programs that use the HTTP API; it is printed once, and a file of the state folder has its hash.',
    arguments: [
      {
        name: 'what',
        help: 'what to do',
        needed: true,
        many: false,
        only: [
          'add',
          'password',
          'groups',
          'remove',
          'list',
          'logout',
          'audit',
          'add-token',
          'remove-token',
          'tokens',
        ],
        completed: 'nothing',
      },
      { name: 'name', help: 'the person', needed: false, many: false, completed: 'nothing' },
    ],
    options: {
      group: {
        takes: 'name',
        many: true,
        help: 'with add or groups: a group of the person; with add-token: one of a person whom a proxy names',
        completed: 'nothing',
      },
      name: { takes: 'name', help: 'with add-token or remove-token: the token', completed: 'nothing' },
      may: {
        takes: 'acts',
        many: true,
        help: 'with add-token: look, plan, start, approve or put back, between commas',
        completed: 'nothing',
      },
      in: {
        takes: 'environments',
        many: true,
        help: 'with add-token: where, between commas, or "every environment"',
        completed: 'environments',
      },
      since: {
        takes: 'time',
        help: 'with audit: a time in ISO 8601, such as 2026-11-01, or how long ago, such as 7d',
        completed: 'nothing',
      },
      json: JSON_OPTION,
      days: {
        takes: 'number',
        help: 'with add-token: the days after which it ends, 366 at the most',
        default: '30',
        completed: 'nothing',
      },
    },
    settings: ['LOCKSTEP_CONFIG', 'LOCKSTEP_STATE'],
    examples: [
      ['user add anna --group web', 'asks for a password, twice'],
      ['user groups anna --group web --group night', 'these groups, and no others'],
      ['user list', 'everybody who can log in'],
      ['user audit anna --since 7d', 'what anna did, and what was done to anna; without a name, everybody'],
      ['user logout anna', 'also where a proxy or an OpenID provider names people'],
      [
        'user add-token anna --name ci --may look --may plan --in test --days 30',
        'prints a token for programs',
      ],
    ],
    exits: {
      0: 'done, or printed',
      1: 'no one can log in yet, or the person is not logged in; the change could not be written down',
      2: 'lockstep.yaml or the file is not right, or there is no such person; nothing is changed',
    },
    load: () => (require('../user') as typeof import('../user')).user,
  }),
  policy: declare({
    group: 'pipeline',
    summary: 'what the policy of the console allows each person',
    about:
      'It reads the files that console of lockstep.yaml names. With --person, --act and --environment it answers one question; with --cases, it expects each sentence of a file to be so.',
    arguments: [
      { name: 'what', help: 'what to do', needed: true, many: false, only: ['check'], completed: 'nothing' },
    ],
    options: {
      person: { takes: 'name', help: 'may this person', completed: 'nothing' },
      act: {
        takes: 'act',
        only: ['look', 'plan', 'start', 'approve', 'put back'],
        help: 'do this',
        completed: 'nothing',
      },
      environment: { takes: 'name', help: 'in this environment', completed: 'environments' },
      cases: {
        takes: 'file',
        help: 'sentences such as `bert may not approve in production`',
        completed: 'files',
      },
    },
    settings: ['LOCKSTEP_CONFIG'],
    examples: [
      ['policy check', 'what each person may do'],
      ['policy check --person anna --act approve --environment production', 'exits with 0 or 1'],
      ['policy check --cases policy.cases', 'for CI: each sentence has to be so'],
    ],
    exits: {
      0: 'the policy is right; it allows what was asked, and each case is so',
      1: 'the policy does not allow it, or a case is not so',
      2: 'lockstep.yaml, the policy or another file is not right',
    },
    load: () => (require('../policy') as typeof import('../policy')).policy,
  }),
}
