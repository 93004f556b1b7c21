import * as v from 'valibot'
import { busMessage } from '../bus/message_form'
import { GATE_MEANS, GATE_OUTCOMES } from '../rollout/model/gate'

const text = (what: string) => v.pipe(v.string(), v.description(what))
const whole = (what: string) => v.pipe(v.number(), v.integer(), v.minValue(0), v.description(what))
const wholeOrNull = (what: string) =>
  v.pipe(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), v.description(what))
const milliseconds = (what: string) =>
  v.pipe(v.number(), v.minValue(0), v.description(`milliseconds ${what}`))
const flag = (what: string) => v.pipe(v.boolean(), v.description(what))
const texts = (what: string) => v.pipe(v.array(v.string()), v.description(what))
const textOrNull = (what: string) => v.pipe(v.nullable(v.string()), v.description(what))
const exitCode = whole('the exit status of the command')

const status = v.strictObject({
  schema: v.literal('lockstep/status/1'),
  out: v.pipe(
    v.array(
      v.strictObject({
        host: text('the identity of the host'),
        obligation: text('what is owed to it, such as "blocks 192.168.1.1"'),
        since: text('when it was taken out, in ISO 8601'),
        run: text('the run that took it out'),
        feature: text('the feature of that run'),
        putBack: v.pipe(
          v.nullable(v.string()),
          v.description('the command that puts back what this run has taken out; null while it is under way'),
        ),
      }),
    ),
    v.description('the hosts that are out of rotation, one entry for each obligation'),
  ),
  locks: v.pipe(
    v.nullable(
      v.array(
        v.strictObject({
          run: text('the run that has the lock'),
          feature: text('its feature'),
          fleet: text('the brokers and the collective of its hosts'),
          user: text('who runs it'),
          machine: text('where it runs'),
          pid: whole('its process'),
          since: text('since when, in ISO 8601'),
          state: text('"alive", or why it is not'),
          hosts: texts('the hosts that it has'),
        }),
      ),
    ),
    v.description('the locks of rollouts on this control host; null where they are not known'),
  ),
  notKnown: texts('why not everything is known, in sentences'),
})

const putBack = v.strictObject({
  schema: v.literal('lockstep/put-back/1'),
  exitCode,
  obligations: v.pipe(
    v.array(
      v.strictObject({
        obligation: text('what was owed'),
        hosts: v.pipe(
          v.array(
            v.strictObject({
              host: text('the identity of the host'),
              back: flag('true where it was seen back'),
              seen: text('what was seen, or why nothing was'),
            }),
          ),
          v.description('the hosts it was owed to'),
        ),
      }),
    ),
    v.description('what was tried, in order'),
  ),
  notKnown: texts('why not everything is known, in sentences'),
})

const change = v.strictObject({
  host: text('the identity of the host'),
  line: whole('the line of the feature'),
  step: text('the text of that line'),
  request: textOrNull('the request id; null in safe mode, where nothing was sent'),
  resource: text('what it is about, such as "package mywebapp"'),
  what: text('what was changed'),
  before: textOrNull('its state before; null where it is not known'),
  after: textOrNull('its state afterwards; null where it is not known'),
  outcome: text('done, failed, no answer or would be done'),
  temporary: flag('true for what is undone in the same run'),
})

const gates = v.pipe(
  v.array(
    v.strictObject({
      question: text('the question'),
      outcome: v.pipe(
        v.picklist(GATE_OUTCOMES),
        v.description('late: no one answered in time; stopped: with its run; failed: it could not be asked'),
      ),
      by: textOrNull('the person who answered; null where no one did'),
      means: v.pipe(v.nullable(v.picklist(GATE_MEANS)), v.description('where the person answered')),
      at: text('when, in ISO 8601'),
    }),
  ),
  v.description('the gates at which it waited for a person, and that are over'),
)

const modules = v.pipe(
  v.array(
    v.strictObject({
      code: text('the application whose puppet code has them'),
      modules: text('the modules with their versions or commits'),
      hosts: texts('the hosts that have these'),
    }),
  ),
  v.description('the modules that it found in puppet code which is applied without a master'),
)

const history = v.strictObject({
  schema: v.literal('lockstep/history/1'),
  runs: v.pipe(
    v.array(
      v.strictObject({
        run: text('the id of the run'),
        environment: text('where it went'),
        release: text('what it called its release'),
        mode: v.pipe(v.picklist(['live', 'noop']), v.description('noop: in safe mode, nothing was changed')),
        feature: text('the path of its feature'),
        sha256: text('the text of its feature'),
        by: text('who ran it'),
        tickets: texts('what it was for'),
        parameters: v.pipe(v.record(v.string(), v.string()), v.description('the variables of the feature')),
        began: text('when, in ISO 8601'),
        ended: text('when, in ISO 8601'),
        outcome: v.pipe(
          v.picklist(['passed', 'passed with failures', 'refused', 'failed', 'interrupted', 'cut off']),
          v.description('what it came to; interrupted: a person stopped it; cut off: it was killed'),
        ),
        leftOut: v.exactOptional(texts('the scenarios that it was told not to run')),
        hosts: texts('the hosts of its roll call'),
        outside: v.exactOptional(texts('the hosts of its roll call that it was limited not to touch')),
        gates: v.exactOptional(gates),
        managed: v.exactOptional(
          texts('the versions of the catalogs that its runs of puppet applied; an empty one is not known'),
        ),
        modules: v.exactOptional(modules),
        out: texts('the hosts that failed within the failure budget'),
        notDone: texts('the hosts that it has not brought to its end'),
        restored: texts('the hosts that it told to go back to the version they had'),
        changes: v.pipe(v.array(change), v.description('what it changed')),
        drift: v.pipe(
          v.array(
            v.strictObject({
              host: text('the identity of the host'),
              what: text('what it changed there'),
              since: text('the run that had reported it as done'),
            }),
          ),
          v.description('the changes to hosts that another run had brought to this release already'),
        ),
      }),
    ),
    v.description('the runs, the oldest first'),
  ),
  notKnown: texts('the files of the history that cannot be read'),
})

const driftFields = {
  state: v.pipe(v.picklist(['OK', 'CRITICAL', 'UNKNOWN']), v.description('in the words of monitoring')),
  sentence: text('the state in a sentence'),
  findings: v.pipe(
    v.array(
      v.strictObject({
        host: text('the identity of the host'),
        feature: text('the feature that looked'),
        run: text('the run that had left it'),
        line: whole(
          'the line that looked; 0 where no line did: by the history, or by what puppet managed before',
        ),
        text: text('the text of that line'),
        seen: text('what was seen'),
      }),
    ),
    v.description('the hosts that are not as they were left'),
  ),
}
const drift = v.strictObject({ schema: v.literal('lockstep/drift/1'), ...driftFields })

const namesOfHosts = (what: string) => v.pipe(v.array(v.string()), v.description(what))
const tagsFields = {
  environment: text('whose hosts were asked'),
  repository: text('the repository, as the hosts have it'),
  hosts: namesOfHosts('the hosts that should have them'),
  expected: flag('true where the inventory says so; false where it is those that answered'),
  unknown: v.pipe(
    v.array(v.strictObject({ host: text('the identity of the host'), why: text('why it is not known') })),
    v.description('the hosts that did not tell; they are never counted as having a tag'),
  ),
  strangers: namesOfHosts('the hosts that answered and are not in the inventory; they were not asked'),
  count: whole('how many tags were told'),
  tags: v.pipe(
    v.array(
      v.strictObject({
        tag: text('its name'),
        commits: v.pipe(
          v.array(
            v.strictObject({
              commit: text('the whole commit id'),
              hosts: namesOfHosts('the hosts that have it there'),
            }),
          ),
          v.description('the commit at which hosts have it; more than one where they do not agree'),
        ),
        lack: namesOfHosts('the hosts that do not have it'),
        notTold: namesOfHosts('the hosts that tell their newest tags alone, and not this one'),
      }),
    ),
    v.description('the newest ones, 50 at the most, the newest first'),
  ),
}
const tags = v.strictObject({ schema: v.literal('lockstep/tags/1'), exitCode, ...tagsFields })

const looks = v.strictObject({
  schema: v.literal('lockstep/looks/1'),
  looks: v.pipe(
    v.array(
      v.strictObject({
        look: text('its id'),
        kind: v.pipe(v.picklist(['tags', 'drift']), v.description('what hosts were asked for')),
        by: text('who asked'),
        askedAt: text('when, in ISO 8601'),
        environment: text('whose hosts were asked'),
        feature: textOrNull('the feature that selects the hosts, of tags'),
        repository: textOrNull('the repository, of tags'),
        tag: textOrNull('the one tag that was asked about; null for the newest ones'),
        release: textOrNull('the release, of drift'),
        state: v.pipe(
          v.picklist(['under way', 'answered', 'failed', 'cut off']),
          v.description('how far it is; one that failed or was cut off says nothing of any host'),
        ),
        endedAt: textOrNull('when the answer was there, in ISO 8601'),
        why: textOrNull('why there is no answer'),
        tags: v.pipe(
          v.nullable(v.strictObject({ exitCode, ...tagsFields })),
          v.description('what hosts said, as lockstep/tags/1 has it; null in a list'),
        ),
        drift: v.pipe(
          v.nullable(v.strictObject(driftFields)),
          v.description('what hosts said, as lockstep/drift/1 has it; null in a list'),
        ),
      }),
    ),
    v.description('the newest first'),
  ),
  notKnown: texts('why not everything is known, in sentences'),
})

const ping = v.strictObject({
  schema: v.literal('lockstep/ping/1'),
  exitCode,
  environment: text('whose hosts were asked'),
  milliseconds: v.pipe(
    v.nullable(
      v.strictObject({
        first: v.number(),
        median: v.number(),
        last: v.number(),
      }),
    ),
    v.description('when hosts answered; null where none has'),
  ),
  hosts: v.pipe(
    v.array(
      v.strictObject({
        host: text('the identity of the host'),
        milliseconds: v.pipe(v.number(), v.description('when it answered')),
        daemon: textOrNull('its daemon and version; null where it does not tell'),
        agents: v.pipe(
          v.nullable(v.array(v.strictObject({ name: text('its name'), version: text('its version') }))),
          v.description('what it can do; null where it does not tell'),
        ),
        trouble: textOrNull('why it did not tell'),
      }),
    ),
    v.description('the hosts that answered'),
  ),
  expected: v.pipe(
    v.nullable(v.array(v.string())),
    v.description('the hosts that should be there; null where no inventory says so'),
  ),
  silent: texts('the expected hosts that did not answer'),
  unexpected: texts('the hosts that answered and are not expected'),
  messages: v.pipe(
    v.array(
      v.strictObject({
        kind: text('what is odd about it'),
        host: text('the host in whose name it came'),
        detail: text('the same in a sentence'),
        fails: flag('true where it makes the command fail'),
      }),
    ),
    v.description('the messages that were not expected'),
  ),
})

const doctor = v.strictObject({
  schema: v.literal('lockstep/doctor/1'),
  exitCode,
  findings: v.pipe(
    v.array(
      v.strictObject({
        check: text('what was looked at'),
        state: v.pipe(v.picklist(['ok', 'warn', 'fail', 'not checked']), v.description('how it is')),
        what: text('what was found'),
        mend: textOrNull('what mends it, in words; null where nothing has to be'),
        paste: textOrNull(
          'a command or a line of a file that does so, to be pasted; null where there is none',
        ),
      }),
    ),
    v.description('what was found, in the order of the checks'),
  ),
})

const report = v.strictObject({
  schema: v.literal('lockstep/report/1'),
  exitCode,
  run: text('the id of the run'),
  mode: text('the mode of the run'),
  environment: text('where it went'),
  title: text('what it came to, as PASSED or "FAILED (safe mode, 2 of 25 hosts)"'),
  sentence: text('the same in a sentence'),
  caveats: texts('why it is no live rollout to all hosts, in sentences'),
  runExitCode: whole('the exit status that the run had, or would have had'),
  ended: flag('false for a run that was killed'),
  written: texts('the files that were written'),
})

const steps = v.strictObject({
  schema: v.literal('lockstep/steps/1'),
  sentences: v.pipe(
    v.array(
      v.strictObject({
        noun: text('what it is about'),
        keyword: v.pipe(v.picklist(['Given', 'When', 'Then']), v.description('how it begins')),
        phrase: text('the sentence, as a cucumber expression'),
        effect: text('what it does to hosts, in a word or two'),
        help: text('what it does to hosts, in a line'),
      }),
    ),
    v.description('every sentence that a feature can use'),
  ),
})

const prune = v.strictObject({
  schema: v.literal('lockstep/prune/1'),
  dryRun: flag('true where nothing was removed'),
  olderThan: text('the age, as it was given'),
  runs: texts('the live runs whose files are removed'),
  files: texts('the files that are removed'),
  bytes: whole('what they took'),
  kept: v.pipe(
    v.array(v.strictObject({ run: text('the id of a run'), why: text('why it is kept') })),
    v.description('the old runs that are kept'),
  ),
})

const audit = v.strictObject({
  schema: v.literal('lockstep/audit/1'),
  entries: v.pipe(
    v.array(
      v.strictObject({
        at: text('when, in ISO 8601'),
        type: text('what happened, such as logged in, acted or act refused; others may come'),
        person: textOrNull('the person whom it is about; null where none is known'),
        by: textOrNull('the user of the machine who has changed people; null for all else'),
        address: textOrNull('where the request came from'),
        through: textOrNull('how it came where that was no page, such as token ci'),
        says: text('the details, in words'),
      }),
    ),
    v.description('the oldest first'),
  ),
  faults: texts('why not everything is told, in sentences'),
})

const lint = v.strictObject({
  schema: v.literal('lockstep/lint/1'),
  exitCode,
  reason: v.pipe(
    v.nullable(v.strictObject({ code: text('the kind of the reason'), message: text('the reason') })),
    v.description('why the features cannot be run; null where they can'),
  ),
  features: texts('the features that were read'),
  findings: v.pipe(
    v.array(
      v.strictObject({
        uri: text('the feature'),
        line: whole('its line'),
        severity: v.pipe(v.picklist(['error', 'warning']), v.description('an error refuses the feature')),
        rule: textOrNull('the rule of lint; null for a line that cannot be run'),
        message: text('what is wrong'),
        why: textOrNull('why it matters'),
        fix: textOrNull('what to do about it'),
      }),
    ),
    v.description('what was found'),
  ),
})

const range = v.pipe(
  v.tuple([v.number(), v.number()]),
  v.description('hosts by their places in the one list `hosts`, from 0: the first, the last'),
)
const counts = v.pipe(
  v.strictObject({
    expected: whole('hosts that were asked'),
    answered: whole('hosts that passed'),
    diverged: whole('hosts that answered something else'),
    silent: whole('hosts that did not answer'),
    unexpected: whole('messages that were not expected'),
    out: whole('hosts that had failed before, within the failure budget'),
  }),
  v.description('how many hosts came to what'),
)
const verdict = {
  passed: flag('true where it passed on every host'),
  counts,
  cohorts: v.pipe(
    v.array(
      v.looseObject({
        passed: flag('true where these hosts passed'),
        kind: text('answered, failed, silent, untrusted, known, done before or planned'),
        seen: text('what was seen of them'),
        hosts: v.array(range),
      }),
    ),
    v.description('the hosts that share an observation'),
  ),
}
const strings = v.array(v.string())
const answers = v.strictObject({
  requests: whole('the requests that were answered'),
  what: text('the agent and action of the slowest one'),
  asked: whole('the hosts that were sent that one'),
  times: v.strictObject({
    answered: whole('the hosts that answered it'),
    first: milliseconds('until the first answer'),
    median: milliseconds('until half of the answers'),
    p95: milliseconds('until 95 % of the answers'),
    last: milliseconds('until the last answer'),
  }),
})

const run = v.strictObject({
  schema: v.literal('lockstep/run/1'),
  run: text('the id of the run'),
  verdict: text('what it came to, as PASSED, FAILED or INTERRUPTED'),
  caveats: texts('why it is no live rollout to all hosts, in sentences'),
  features: v.pipe(
    v.array(
      v.strictObject({
        uri: text('the path'),
        name: text('the name'),
        outcome: v.pipe(
          v.picklist(['passed', 'failed', 'unfinished', 'not attempted']),
          v.description('what became of it; `unfinished` where a scenario did not come to its end'),
        ),
      }),
    ),
    v.description('the features of the run'),
  ),
  beganAt: text('when it began, in ISO 8601'),
  ended: flag('false for a run that was killed'),
  tookMs: whole('how long it took; for a run that was killed, how long it is known of'),
  by: text('who began it, as user@machine; empty where it did not begin'),
  resumes: textOrNull('the run that it goes on from'),
  finishedAt: text('when it ended, or was last heard of, in ISO 8601'),
  mode: textOrNull('embedded, live, noop, plan, drift or rehearse; null where it did not begin'),
  environment: textOrNull('where it went; null where it did not begin'),
  exitCode: whole('the exit status of the run'),
  reason: v.pipe(
    v.nullable(v.strictObject({ code: text('the kind of the reason'), message: text('the reason') })),
    v.description('why it was refused or stopped, beside its lines; null where that says all'),
  ),
  steps: v.pipe(
    v.array(
      v.strictObject({
        mode: text('the mode of the line: in safe mode it is planned'),
        uri: text('the feature'),
        line: whole('its line'),
        text: text('the text of the line'),
        ...verdict,
        unexpected: v.pipe(v.array(v.looseObject({})), v.description('the messages that were not expected')),
        tolerated: flag('true where it failed within the failure budget'),
      }),
    ),
    v.description('every line that was carried out, in order'),
  ),
  timeline: v.pipe(
    v.array(
      v.strictObject({
        uri: text('the feature'),
        scenarioId: text('the scenario'),
        name: text('its name'),
        wave: textOrNull('its wave'),
        outcome: textOrNull('passed, failed or skipped; null where it did not end'),
        beganAt: textOrNull('when it began, in ISO 8601; null where it did not begin'),
        tookMs: wholeOrNull('how long it took'),
        lines: v.array(
          v.strictObject({
            line: whole('the line'),
            tookMs: wholeOrNull('how long it took; null where it did not end'),
            answers: v.pipe(
              v.nullable(answers),
              v.description('when hosts answered; null where none was asked, or none answered'),
            ),
          }),
        ),
      }),
    ),
    v.description('for each scenario when it began, and when hosts answered its lines'),
  ),
  matrices: v.pipe(
    v.array(v.looseObject({ uri: v.string() })),
    v.description('for each feature its lines, its waves, and a cell for each host and line'),
  ),
  undone: v.pipe(
    v.array(v.strictObject({ what: text('what was undone'), ...verdict })),
    v.description('what was undone after a failure'),
  ),
  out: v.pipe(
    v.array(v.strictObject({ host: text('the host'), seen: text('what was seen') })),
    v.description('the hosts that failed within the failure budget'),
  ),
  notAttempted: v.pipe(v.array(v.unknown()), v.description('what was not attempted after a failure')),
  restored: v.pipe(strings, v.description('the hosts that were told to go back to the version they had')),
  recovery: textOrNull('the path of the recovery feature'),
  outOfRotation: v.pipe(
    v.array(v.looseObject({ host: v.string(), obligation: v.string() })),
    v.description('the hosts that this run leaves out of rotation'),
  ),
  outBefore: v.pipe(
    v.array(v.looseObject({ host: v.string(), obligation: v.string() })),
    v.description('the hosts that earlier runs have left out of rotation'),
  ),
  notKnownBefore: texts('why not everything is known of earlier runs'),
  plan: v.pipe(
    v.nullable(
      v.strictObject({
        id: text('the name of the plan'),
        path: text('its file'),
        changes: whole('how many changes it has'),
        hosts: whole('on how many hosts'),
      }),
    ),
    v.description('the plan that was saved; null for a run that planned nothing'),
  ),
  rehearsal: v.pipe(
    v.nullable(v.looseObject({})),
    v.description('the rehearsal with each fault; null for other runs'),
  ),
  release: textOrNull('what the run called its release'),
  limit: v.pipe(
    v.nullable(
      v.strictObject({
        hosts: text("the hosts, in ClusterShell's form"),
        within: wholeOrNull('how many hosts of its roll calls these are; null where none is known'),
        of: wholeOrNull('how many hosts its roll calls have'),
      }),
    ),
    v.description('what the run is limited to; null where it is for all hosts'),
  ),
  tickets: texts('what it was for'),
  gates,
  drift: v.pipe(v.array(v.looseObject({})), v.description('hosts that were changed although they were done')),
  notes: v.pipe(v.array(v.unknown()), v.description('what a person should know, in sentences')),
  variables: v.pipe(v.record(v.string(), v.string()), v.description('the values of variables; no secret')),
  journal: textOrNull('the path of the journal'),
  hosts: texts('all hosts of the run; ranges are places in this list'),
})

const plan = v.strictObject({
  schema: v.literal('lockstep/plan/1'),
  plan: text('the name of the plan, made from its content'),
  made: v.strictObject({
    at: text('when, in ISO 8601'),
    by: text('who planned it'),
    run: text('the run that planned it'),
  }),
  content: v.strictObject({
    features: v.pipe(
      v.array(
        v.strictObject({
          path: text('the feature'),
          sha256: text('its text'),
          hosts: texts('the hosts of its roll call'),
        }),
      ),
      v.description('the features that were planned'),
    ),
    environment: text('where it goes'),
    fleet: text('the brokers and the collective'),
    parameters: v.pipe(v.record(v.string(), v.string()), v.description('the variables; no secret')),
    limit: v.exactOptional(text('the hosts that it was limited to, in the form of ClusterShell')),
    hosts: texts('all hosts'),
    lines: v.pipe(
      v.array(
        v.strictObject({
          at: text('feature:line'),
          text: text('the text of the line'),
          hosts: v.array(
            v.strictObject({
              seen: text('what was seen, and what it would come to'),
              passed: flag('true where the line would pass'),
              changes: flag('true where it would change them'),
              affectsOthers: flag('true where more than traffic would change'),
              hosts: texts('the hosts that share this'),
            }),
          ),
        }),
      ),
      v.description('what each line would do'),
    ),
    passes: flag('true where every line would pass'),
    tags: v.exactOptional(
      v.pipe(
        v.record(v.string(), v.string()),
        v.description('the commits that tags were at, by repository and tag; absent where none was seen'),
      ),
    ),
  }),
})

/** The JSON that is for programs, by the name and version of its form. A change that breaks a reader has a new number. */
const pipelineChange = {
  delivery: text('the id under which the push was taken'),
  ref: text('the ref, whole, as it was told'),
  at: text('when the push was taken, in ISO 8601'),
}

const pipelineBuild = v.strictObject({
  build: text('the id of the build'),
  state: v.pipe(
    v.picklist(['running', 'succeeded', 'failed', 'interrupted']),
    v.description('running until its end is known; an interrupted one begins again'),
  ),
  begunAt: text('when it began, in ISO 8601'),
  seconds: v.pipe(
    v.nullable(v.number()),
    v.description('how long it took; null until it ends, and where that is not known'),
  ),
  why: textOrNull('why it did not succeed; null if it did, and until it ends'),
  runner: textOrNull(
    'the last runner that took it; null where lockstep serve runs it itself, or none took it',
  ),
  waitsForRunner: flag('true while it is to be run by a runner, and none has taken it'),
  elsewhere: v.pipe(
    v.nullable(
      v.strictObject({
        ci: text('how it is followed: by "reports" that its CI signs, or in a "jenkins"'),
        build: text('its name there'),
        url: textOrNull('where people find it; null where its CI has not said so'),
      }),
    ),
    v.description('the build in another CI; null for one of lockstep serve itself'),
  ),
})

const foldedHosts = {
  text: text("the hosts in ClusterShell's form; it ends with … where not all have room"),
  count: whole('how many they are'),
}

const pipelineEnd = (what: string) =>
  v.pipe(
    v.picklist(['running', 'succeeded', 'failed', 'interrupted']),
    v.description(`running until the end of ${what} is known`),
  )

const pipelinePlan = v.strictObject({
  run: text('the id of the run that makes it'),
  environment: text('the environment that it is for'),
  tag: text('the tag that is deployed'),
  approval: v.pipe(
    v.picklist(['none', 'person', 'configuration']),
    v.description('who may let it be carried out'),
  ),
  state: pipelineEnd('the planning'),
  begunAt: text('when it was begun, in ISO 8601'),
  endedAt: textOrNull('when it ended; null until then'),
  plan: textOrNull('its name, under which a person approves it; null where there is no plan'),
  hosts: v.pipe(
    v.nullable(v.strictObject(foldedHosts)),
    v.description('the hosts that it is for; null until they are known'),
  ),
  changes: v.pipe(v.nullable(v.number()), v.description('the number of changes to these hosts')),
  why: textOrNull('why it did not succeed; null if it did, and until it ends'),
  over: textOrNull('why it cannot be carried out any more; null where it can, or was'),
  approved: v.pipe(
    v.nullable(
      v.strictObject({
        at: text('when it was approved, in ISO 8601'),
        by: textOrNull('the person; null where lockstep.yaml says so'),
      }),
    ),
    v.description('its approval; null where there is none'),
  ),
  rollout: v.pipe(
    v.nullable(
      v.strictObject({
        run: text('the id of the run'),
        begunAt: text('when it was begun, in ISO 8601'),
        machine: text('the machine that began it'),
        state: pipelineEnd('the rollout'),
        endedAt: textOrNull('when its end was seen; null until then'),
        verdict: textOrNull('the verdict of the run itself; null where it has none'),
        why: textOrNull('why it did not succeed; null if it did, and until it ends'),
      }),
    ),
    v.description('its one rollout; null where there is none'),
  ),
})

const pipeline = v.strictObject({
  schema: v.literal('lockstep/pipeline/1'),
  served: flag('whether lockstep serve runs on this state: nothing is taken or tested while it does not'),
  repositories: v.pipe(
    v.array(
      v.strictObject({
        repository: text('its name in lockstep.yaml'),
        commits: v.pipe(
          v.array(
            v.strictObject({
              commit: text('the id of the commit, whole'),
              refs: texts('the refs that it was pushed to'),
              seenAt: text('when the repository showed it, in ISO 8601'),
              gone: textOrNull(
                'why its tests are waited for no longer: the repository does not have it any more, or no report of them came',
              ),
              build: v.pipe(
                v.nullable(pipelineBuild),
                v.description('its last build; null where it was not tested'),
              ),
              earlier: v.pipe(
                v.array(pipelineBuild),
                v.description('the builds before it that succeeded or failed, the oldest first'),
              ),
              fetches: v.pipe(
                v.array(
                  v.strictObject({
                    environment: text('the environment whose hosts were asked to fetch it'),
                    tag: text('the tag by which they fetch it'),
                    begunAt: text('when they were to be asked first, in ISO 8601'),
                    superseded: flag('true once hosts were asked for another commit, and not for this one'),
                    answered: v.pipe(
                      v.nullable(
                        v.strictObject({
                          at: text('when they answered so, in ISO 8601'),
                          has: v.pipe(
                            v.strictObject(foldedHosts),
                            v.description('the hosts that answered that they have the tag at this commit'),
                          ),
                          missing: v.pipe(
                            v.array(
                              v.strictObject({
                                why: text('the reason'),
                                hosts: v.pipe(
                                  v.strictObject(foldedHosts),
                                  v.description('the hosts that have it'),
                                ),
                              }),
                            ),
                            v.description('all other hosts of the class, by reason'),
                          ),
                        }),
                      ),
                      v.description('their last answers; null until there are some'),
                    ),
                  }),
                ),
                v.description('the environments whose hosts were asked to fetch it'),
              ),
              plans: v.pipe(v.array(pipelinePlan), v.description('the plans of its deploys, oldest first')),
              rollouts: v.pipe(
                v.array(
                  v.strictObject({
                    run: text('the id of the run'),
                    environment: text('where it went'),
                    tag: text('the tag by which the commit was deployed'),
                    beganAt: text('when it began, in ISO 8601'),
                    verdict: textOrNull(
                      'what the run came to, as PASSED; null where its journal does not tell it',
                    ),
                  }),
                ),
                v.description('the live rollouts of the history that told hosts to serve it, oldest first'),
              ),
            }),
          ),
          v.description('the commits, the newest first'),
        ),
        waiting: v.pipe(
          v.array(v.strictObject(pipelineChange)),
          v.description('changes that the repository has not been asked about'),
        ),
        passedOver: v.pipe(
          v.array(v.strictObject({ ...pipelineChange, why: text('why it came to nothing') })),
          v.description('changes that came to nothing, the newest first'),
        ),
      }),
    ),
    v.description('the repositories that were pushed to, by name'),
  ),
  packages: v.pipe(
    v.array(
      v.strictObject({
        repository: text('the name of the package repository in lockstep.yaml'),
        count: whole('how many announcements were taken'),
        announcements: v.pipe(
          v.array(
            v.strictObject({
              at: text('when it was taken, in ISO 8601'),
              packages: v.pipe(
                v.array(
                  v.strictObject({
                    name: text('the name of the package'),
                    version: textOrNull('the version; null for one that was removed, or has several'),
                  }),
                ),
                v.description('the packages for hosts, the last 50'),
              ),
              packageCount: whole('how many packages there are'),
            }),
          ),
          v.description('the last 20, the newest first'),
        ),
        refreshes: v.pipe(
          v.array(
            v.strictObject({
              environment: text('the environment whose hosts were asked to refresh their lists'),
              begunAt: text('when they were to be asked first, in ISO 8601'),
              isForLast: flag('true where it is about the last announcement too'),
              answered: v.pipe(
                v.nullable(
                  v.strictObject({
                    at: text('when they answered so, in ISO 8601'),
                    has: v.pipe(
                      v.strictObject(foldedHosts),
                      v.description('the hosts that have refreshed, and have the versions in their lists'),
                    ),
                    missing: v.pipe(
                      v.array(
                        v.strictObject({
                          why: text('the reason'),
                          hosts: v.pipe(v.strictObject(foldedHosts), v.description('the hosts that have it')),
                        }),
                      ),
                      v.description('all other hosts of the class, by reason'),
                    ),
                  }),
                ),
                v.description('their last answers; null until there are some'),
              ),
            }),
          ),
          v.description('the environments whose hosts were asked'),
        ),
      }),
    ),
    v.description('the package repositories that have announced something, by name'),
  ),
  spool: v.pipe(
    v.nullable(
      v.strictObject({
        path: text('its folder'),
        waiting: whole('the pushes that hooks have left and that nothing has taken yet'),
        refused: whole('the pushes that lie aside'),
      }),
    ),
    v.description('what waits in the spool of hooks; null where it is not known'),
  ),
  announcements: v.pipe(
    v.nullable(
      v.strictObject({
        path: text('its folder'),
        waiting: whole('the announcements that nothing has taken yet'),
        refused: whole('the announcements that lie aside'),
      }),
    ),
    v.description('what waits in the spool of package repositories; null where it is not known'),
  ),
  revisions: v.pipe(
    v.nullable(
      v.strictObject({
        path: text('its folder'),
        waiting: whole('the revisions of Subversion that nothing has taken yet'),
        refused: whole('the revisions that lie aside'),
      }),
    ),
    v.description('what waits in the spool of Subversion repositories; null where it is not known'),
  ),
  notKnown: texts('why not everything is known, in sentences'),
})

const result = v.pipe(
  v.nullable(v.picklist(['succeeded', 'failed', 'interrupted'])),
  v.description('how it ended; null while it goes on'),
)

const starts = v.strictObject({
  schema: v.literal('lockstep/starts/1'),
  starts: v.pipe(
    v.array(
      v.strictObject({
        start: text('the id of the start'),
        by: text('the person who asked for it'),
        askedAt: text('when, in ISO 8601'),
        feature: text('the path of its feature'),
        environment: text('where it goes'),
        variables: v.pipe(v.record(v.string(), v.string()), v.description('the values that were given')),
        release: textOrNull('what it calls its release'),
        ticket: textOrNull('what it is for'),
        limit: textOrNull('the hosts that it is limited to; null for all'),
        standing: text('what it waits for, or came to, as the page says it'),
        over: textOrNull('why its plan does not count any more; null while it does'),
        steps: v.pipe(
          v.array(
            v.strictObject({
              step: v.pipe(v.picklist(['lint', 'rehearse', 'plan']), v.description('what was done')),
              run: text('the id of its run'),
              begunAt: text('when, in ISO 8601'),
              result,
              why: textOrNull('why it did not pass'),
            }),
          ),
          v.description('what comes before a rollout, in order'),
        ),
        plan: v.pipe(
          v.nullable(
            v.strictObject({
              name: text('its name, which an approval and a rollout have to give'),
              hosts: whole('the hosts in it'),
              changes: whole('the changes in it'),
            }),
          ),
          v.description('null until there is one'),
        ),
        approved: v.pipe(
          v.nullable(v.strictObject({ at: text('when, in ISO 8601'), by: text('the person') })),
          v.description(
            'who approved exactly this plan; null until somebody did, and once that person may not approve any more',
          ),
        ),
        withdrawn: v.pipe(
          v.nullable(v.strictObject({ at: text('when, in ISO 8601'), by: text('the person') })),
          v.description('who withdrew it; null where no one did'),
        ),
        rollout: v.pipe(
          v.nullable(
            v.strictObject({
              run: text('the id of its run'),
              by: text('the person who began it'),
              begunAt: text('when, in ISO 8601'),
              result,
              verdict: textOrNull('what it came to, as PASSED'),
              why: textOrNull('why it did not pass'),
            }),
          ),
          v.description('its one rollout; null until it is begun'),
        ),
      }),
    ),
    v.description('the newest first'),
  ),
  notKnown: texts('why not everything is known, in sentences'),
})

const rollouts = v.strictObject({
  schema: v.literal('lockstep/rollouts/1'),
  rollouts: v.pipe(
    v.array(
      v.strictObject({
        run: text('the id of the run'),
        course: v.pipe(
          v.picklist(['under way', 'ended', 'gone', 'unknown', 'broken']),
          v.description(
            'gone: its process is, and its journal has no end; unknown: it may go on elsewhere; broken: its journal does not tell everything',
          ),
        ),
        environment: text('where it goes'),
        features: texts('the names of its features'),
        title: text('what it came to, as PASSED, or how far it is'),
        sentence: text('the same in a sentence'),
        by: text('who began it, as user@machine'),
        beganAt: text('when, in ISO 8601'),
      }),
    ),
    v.description('those under way, and then the others, the newest first'),
  ),
  notKnown: texts('why not everything is known, in sentences'),
})

const fleet = v.strictObject({
  schema: v.literal('lockstep/fleet/1'),
  environment: textOrNull('the environment; null where there is none that may be looked at'),
  environments: texts('the environments that may be looked at'),
  count: whole('the hosts that were asked for'),
  hosts: v.pipe(
    v.array(
      v.strictObject({
        host: text('the identity of the host'),
        expected: flag('true where a file of the inventory names it'),
        classes: texts('its classes, by the inventory'),
        facts: v.pipe(v.record(v.string(), v.string()), v.description('its facts, by the inventory')),
        release: v.pipe(
          v.nullable(
            v.strictObject({
              release: text('the release that it had last'),
              standing: v.pipe(
                v.picklist(['had', 'unfinished', 'went back']),
                v.description('how far the release has come there'),
              ),
              run: text('the run that brought it'),
              since: text('when that run ended, in ISO 8601'),
            }),
          ),
          v.description('null where no run has changed it'),
        ),
        resources: v.pipe(
          v.array(
            v.strictObject({
              resource: text('what it is about, such as "package mywebapp"'),
              version: text('its last known state'),
              run: text('the run that left it so'),
              at: text('when that run ended, in ISO 8601'),
            }),
          ),
          v.description('the last known states of its resources'),
        ),
        lastRun: v.pipe(
          v.nullable(
            v.strictObject({ run: text('the id of the run'), at: text('when it ended, in ISO 8601') }),
          ),
          v.description('the last run that it was in the roll call of; null where there is none'),
        ),
      }),
    ),
    v.description('the hosts, by name'),
  ),
  notKnown: texts('why not everything is known, in sentences'),
})

const rolloutEvents = v.strictObject({
  schema: v.literal('lockstep/rollout-events/1'),
  run: text('the id of the run'),
  events: v.pipe(
    v.array(
      v.strictObject({
        offset: whole('its id: the byte of the journal behind it'),
        event: v.pipe(
          v.looseObject({ type: text('its type, such as verdict'), at: text('when, in ISO 8601') }),
          v.description('what the journal has; each type has fields of its own'),
        ),
      }),
    ),
    v.description('the events behind `after`, in their order'),
  ),
  end: whole('where the page ends: `after` of the next one, also where nothing more is there yet'),
  notKnown: texts('why not everything is known, in sentences'),
})

const monitoring = v.strictObject({
  schema: v.literal('lockstep/monitoring/1'),
  exitCode,
  noop: flag('whether nothing was changed, and it is told what would'),
  targets: v.pipe(
    v.array(
      v.strictObject({
        target: text('Nagios, Icinga or Prometheus'),
        hosts: whole('the hosts that Lockstep has put there, after the look'),
        added: texts('the hosts that are new, or would be'),
        changed: texts('the hosts whose address, classes or checks are others, or would be'),
        removed: texts('the hosts that are not in the inventory any more'),
        refused: v.pipe(
          v.array(v.strictObject({ host: text('the host'), why: text('why it was not told of') })),
          v.description('the hosts that it was not told of'),
        ),
        fault: textOrNull('why it was not brought in step; null where it was'),
        needsPerson: flag('whether the removal of so many hosts has to be confirmed'),
      }),
    ),
    v.description('the systems; none where the inventory cannot be used'),
  ),
  fault: textOrNull('why the inventory cannot be used; null where it can'),
  notInInventory: texts('the hosts that register and are not in the inventory'),
  sentences: texts('the same in sentences'),
})

export const FORMS = {
  'lockstep/status/1': status,
  'lockstep/put-back/1': putBack,
  'lockstep/history/1': history,
  'lockstep/drift/1': drift,
  'lockstep/report/1': report,
  'lockstep/ping/1': ping,
  'lockstep/tags/1': tags,
  'lockstep/doctor/1': doctor,
  'lockstep/steps/1': steps,
  'lockstep/prune/1': prune,
  'lockstep/audit/1': audit,
  'lockstep/pipeline/1': pipeline,
  'lockstep/bus/1': busMessage,
  'lockstep/lint/1': lint,
  'lockstep/run/1': run,
  'lockstep/plan/1': plan,
  'lockstep/rollouts/1': rollouts,
  'lockstep/rollout-events/1': rolloutEvents,
  'lockstep/starts/1': starts,
  'lockstep/fleet/1': fleet,
  'lockstep/looks/1': looks,
  'lockstep/monitoring/1': monitoring,
} as const

export type FormName = keyof typeof FORMS

/** A document of a form, without the name of the form. */
export type DocumentOf<Name extends FormName> = ReadOnly<Omit<v.InferOutput<(typeof FORMS)[Name]>, 'schema'>>

type ReadOnly<T> = T extends object ? { readonly [Key in keyof T]: ReadOnly<T[Key]> } : T
