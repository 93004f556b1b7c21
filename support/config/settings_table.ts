/** A setting of a run. Flags, help, docs and refusals are made from it. */
export interface Setting {
  /** The values that it takes, in words: `on or off`. */
  takes: string
  /** One line of help. */
  help: string
  /** The default of the setting, in words. */
  default?: string
  /** The flag of the `lockstep` command that says the same, without its dashes. */
  flag?: string
  /** The key of lockstep.yaml that says the same for every run of an environment. */
  key?: string
  /** The world parameter of this setting, which wins over the variable. */
  parameter?: string
  /**
   * The setter: a run for the runs that it begins (`internal`), or tests of Lockstep itself (`test`). A person
   * otherwise.
   */
  setBy?: 'internal' | 'test'
  /** True in commands that a run proposes, where this process was given it: in all of them, or in those of rollouts. */
  repeated?: 'always' | 'by rollouts'
  /** The only values that it may have. */
  only?: readonly string[]
  /**
   * True when an empty value is a list of nothing. An empty value of any other setting is refused: an empty guard
   * guards nothing.
   */
  mayBeEmpty?: true
}

/** Every setting by its environment variable. */
export const SETTINGS = {
  LOCKSTEP_ENVIRONMENT: {
    takes: 'a name',
    help: 'the environment of lockstep.yaml that the run goes to',
    default: 'the default of lockstep.yaml, or its only one',
    flag: 'environment',
    key: 'default',
    parameter: 'environment',
    repeated: 'always',
  },
  LOCKSTEP_CONFIG: {
    takes: 'a file',
    help: 'read in place of lockstep.yaml',
    default: 'lockstep.yaml',
    flag: 'config',
    repeated: 'always',
  },
  LOCKSTEP_VARIABLES: {
    takes: 'name=value,name=value',
    help: 'what <name> stands for in features, for this run',
    default: 'those of the environment',
    flag: 'var',
    key: 'variables',
    mayBeEmpty: true,
    repeated: 'by rollouts',
  },
  LOCKSTEP_LIMIT: {
    takes: 'hosts, such as web[1-3],db7',
    help: 'the only hosts of the roll call that the run is for',
    default: 'all hosts of the roll call',
    flag: 'limit',
    parameter: 'limit',
    repeated: 'by rollouts',
  },
  LOCKSTEP_HOSTS: {
    takes: 'all or some',
    help: 'all: every host is named on the screen, and every outcome, however many there are',
    default: 'some: as many as fit, and the others are counted',
    flag: 'hosts',
    only: ['all', 'some'],
  },
  LOCKSTEP_RELEASE: {
    takes: 'a name',
    help: 'what the run calls its release',
    default: 'unreleased',
    flag: 'release',
    parameter: 'release',
    repeated: 'by rollouts',
  },
  LOCKSTEP_TICKET: {
    takes: 'OPS-123,WEB-7',
    help: 'the tickets that the run is for',
    default: 'those of tags and of the last commit',
    flag: 'ticket',
    mayBeEmpty: true,
    repeated: 'by rollouts',
  },
  LOCKSTEP_PLAN: {
    takes: 'the name or the file of a plan',
    help: 'a live run does exactly what this plan says, or nothing',
    default: 'no plan is demanded',
    flag: 'plan',
    parameter: 'plan',
  },
  LOCKSTEP_RESUME: {
    takes: 'the id of a run',
    help: 'the run that stopped, and that this one goes on from',
    default: 'the run begins anew',
    flag: 'resume',
    parameter: 'resume',
  },
  LOCKSTEP_SAFE_MODE: {
    takes: 'on or off',
    help: 'on: a live run changes nothing and says what it would change',
    default: 'as the environment says',
    flag: 'safe-mode',
    key: 'safe_mode',
    only: ['on', 'off'],
    repeated: 'by rollouts',
  },
  LOCKSTEP_ACTIVATE: {
    takes: 'a release',
    help: 'rolls out a release that has been there in safe mode',
    default: 'none',
    flag: 'activate',
    repeated: 'by rollouts',
  },
  LOCKSTEP_APPROVAL: {
    takes: 'a file, or the word signal or console',
    help: 'how a run without a terminal is approved: <run> <who> in the file, SIGUSR2, or a page',
    default: 'asked at the terminal',
    flag: 'approval',
    repeated: 'by rollouts',
  },
  LOCKSTEP_STATE: {
    takes: 'a folder',
    help: 'where journals, logs and the history are, in place of .lockstep',
    default: '.lockstep',
    flag: 'state',
    repeated: 'always',
  },
  LOCKSTEP_LOCKS: {
    takes: 'a folder',
    help: 'where the locks of all rollouts of this control host are',
    default: '/run/lock/lockstep, or one among temporary files',
    flag: 'locks',
    repeated: 'always',
  },
  LOCKSTEP_TAKE_LOCK: {
    takes: 'why it may be taken',
    help: 'takes a lock whose process is gone, or a lease of hosts',
    default: 'none is taken',
    flag: 'take-lock',
  },
  LOCKSTEP_FLEET: {
    takes: 'a file',
    help: 'the simulated hosts of the embedded fleet',
    default: 'twelve hosts that Lockstep brings along',
    flag: 'fleet',
    parameter: 'fleet',
  },
  LOCKSTEP_FAULTS: {
    takes: 'host=fault,host=fault',
    help: 'what is wrong with hosts of the embedded fleet',
    default: 'nothing',
    flag: 'faults',
    mayBeEmpty: true,
  },
  LOCKSTEP_INVENTORY: {
    takes: 'a file',
    help: 'the inventory of the embedded fleet',
    default: 'none; a rehearsal has that of the environment',
    flag: 'inventory',
    key: 'inventory',
    repeated: 'by rollouts',
  },
  LOCKSTEP_BEGUN_BY: {
    takes: 'JSON',
    help: 'why another run has begun this one',
    setBy: 'internal',
  },
  LOCKSTEP_BEGUN_WITH: {
    takes: 'a command',
    help: 'the command of lockstep that a run was begun with',
    setBy: 'internal',
  },
  LOCKSTEP_RUN: {
    takes: 'the id of a run',
    help: 'the id of a run that lockstep serve begins',
    setBy: 'internal',
  },
  LOCKSTEP_CODE: {
    takes: 'a SHA-256',
    help: 'the digest of the code that the plan was made with which lockstep serve carries out',
    setBy: 'internal',
  },
  LOCKSTEP_REPORTS: {
    takes: 'a folder',
    help: 'where a run leaves its reports that lockstep serve begins',
    setBy: 'internal',
  },
  LOCKSTEP_EMBEDDED_PSK: {
    takes: 'a secret',
    help: 'that of the embedded fleet of the run that began this one',
    setBy: 'internal',
  },
  LOCKSTEP_CI: { takes: 'anything', help: 'what a test needs is there, or the test fails', setBy: 'test' },
  LOCKSTEP_FUZZ: { takes: 'a number', help: 'how many hostile messages are tried', setBy: 'test' },
  LOCKSTEP_HOST_STATE: { takes: 'a file', help: 'the state of a host of the test agents', setBy: 'test' },
} as const satisfies Readonly<Record<`LOCKSTEP_${string}`, Setting>>

export type SettingName = keyof typeof SETTINGS

/** The world parameters that profiles set and that have no variable. */
export const PROFILE_PARAMETERS: Readonly<
  Record<string, Pick<Setting, 'takes' | 'help' | 'default' | 'flag'>>
> = {
  mode: { takes: 'embedded, live or lint', help: 'which fleet a run goes to', default: 'embedded' },
  intent: {
    takes: 'plan, drift or rehearse',
    help: 'what is done there in place of a rollout',
    default: 'a rollout',
  },
  idempotence: {
    takes: 'true or false',
    help: 'the same has to change nothing when it is planned again right away',
    default: 'false',
    flag: 'idempotence',
  },
}
