import * as v from 'valibot'

const said = (is: string) => v.pipe(v.string(), v.description(is))
const orNull = (is: string) => v.pipe(v.nullable(v.string()), v.description(is))

const count = (is: string) => v.pipe(v.nullable(v.pipe(v.number(), v.integer())), v.description(is))

/** The form of a machine message on the bus. A change that breaks a reader has a new number. */
export const busMessage = v.strictObject({
  schema: v.literal('lockstep/bus/1'),
  id: said('the id of the event: a message that is sent again has the same one'),
  at: said('when it happened, in ISO 8601'),
  event: said(
    'push taken, commit seen, change passed over, commit gone, build asked for, build begun, build ordered, order lost, build taken, build ended, build located, report taken, report passed over, fetch begun, hosts have fetched, packages announced, refresh begun, hosts have refreshed, plan asked for, plan begun, plan ended, plan approved, approval ended, rollout begun or rollout ended; others may come, and a reader passes over them',
  ),
  repository: orNull('its name in lockstep.yaml, below repositories or packages; null where it is not known'),
  delivery: orNull('the id under which the push was taken; null where the event is of no single push'),
  ref: orNull(
    'the ref, whole; for a build the first that its commit was pushed to; null where there are several',
  ),
  commit: orNull('the id of the commit, whole; null where the repository has shown none'),
  build: orNull('the id of the build'),
  result: v.pipe(
    v.nullable(v.picklist(['succeeded', 'failed', 'interrupted'])),
    v.description(
      'how a build, a plan or a rollout ended; an interrupted build says nothing of its commit, and begins again',
    ),
  ),
  why: orNull(
    'the reason in words: of what was passed over or not tested, of a build, a plan or a rollout that did not succeed, of hosts that lack a commit',
  ),
  seconds: v.pipe(v.nullable(v.number()), v.description('how long a build took; null where it is not known')),
  environment: orNull(
    'the environment whose hosts are to have the commit, or to refresh their package lists',
  ),
  tag: orNull('the tag by which hosts fetch the commit'),
  run: orNull('the id of the run that makes or has made the plan, or that rolls it out'),
  plan: orNull('the name of the plan, under which a person approves it'),
  verdict: orNull('what the rollout itself says that it came to, such as PASSED'),
  hostsThatHaveIt: count('the number of hosts that answered that they have the commit, or refreshed lists'),
  hostsThatLackIt: count('the number of all other hosts of the class; why says which'),
  packages: v.pipe(
    v.array(
      v.strictObject({
        name: said('the name of the package'),
        version: orNull('the version that hosts can install now; null for one that was removed'),
      }),
    ),
    v.description('the packages of an announcement, the last 50; otherwise empty'),
  ),
  changes: v.pipe(
    v.array(
      v.strictObject({
        ref: said('the ref, whole, as it was told: text of a stranger until the repository was asked'),
        before: orNull('the commit before; null for a ref that is new'),
        after: orNull('the commit now; null for a ref that was removed'),
      }),
    ),
    v.description('the first 100 changes of a push, each with an event of its own later; otherwise empty'),
  ),
  changeCount: v.pipe(v.number(), v.integer(), v.description('how many changes the push has')),
})

export type BusMessage = v.InferOutput<typeof busMessage>
