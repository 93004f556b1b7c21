import * as v from 'valibot'
import type { Act, Person } from '../people/person'
import type { ActRequest, ConsoleAct, RefusalStatus } from './act'

/** An act of a person, known once: pages take it as a form, the API as JSON. */
export interface PersonalAct {
  /** A verb and its object, such as `approve a plan`, by which the audit trail and the API name it. */
  name: string
  /** The path of its form, such as `/starts/:start/approve`. The API has it after its own prefix. */
  path: string
  /** A sentence for readers of the API. */
  summary: string
  /** The form of what is sent with it. */
  schema: v.GenericSchema
  perform: (request: PersonalRequest) => Promise<ActOutcome>
}

/** A request for an act. Who asks is known, and that the act was sent once. What was sent is hostile. */
export interface PersonalRequest {
  person: Person
  may: (act: Act, environment: string) => boolean
  /** Returns a named part of the path, decoded; hostile text. */
  param: (name: string) => string
  fields: Readonly<Record<string, string>>
  /**
   * Notes in the audit trail what is about to be done, in words of the product. An act calls it once, after all that could
   * refuse it, and before anything is done.
   */
  note: (what: string) => Promise<void>
  /** Aborted when the browser has gone, when the session has ended, and when `lockstep serve` ends. */
  signal: AbortSignal
}

/** The outcome of an act: where on the pages it is seen, or why nothing was done. */
export type ActOutcome =
  { result: 'done'; says: string; at: string } | { result: 'refused'; why: string; status: RefusalStatus }

export type RefusedAct = Extract<ActOutcome, { result: 'refused' }>

/** Returns an act whose fields are read by a schema before it is performed. */
export function personalAct<S extends v.GenericSchema<Record<string, unknown>>>({
  schema,
  perform,
  ...words
}: {
  name: string
  path: string
  summary: string
  schema: S
  perform: (request: PersonalRequest, fields: v.InferOutput<S>) => Promise<ActOutcome>
}): PersonalAct {
  return {
    ...words,
    schema,
    async perform(request) {
      const read = v.safeParse(schema, request.fields, { abortEarly: true })
      return read.success ? perform(request, read.output) : refused(describe(read.issues[0]), 422)
    },
  }
}

/** Returns the refusal of an act. `why` is our own words. */
export function refused(why: string, status: RefusalStatus): RefusedAct {
  return { result: 'refused', why, status }
}

/** Returns the refusal of an act that the policy does not allow; `what` is a verb, with its object where it needs one. */
export function notAllowed({ name }: Pick<Person, 'name'>, what: string, environment: string): RefusedAct {
  return refused(`the policy does not allow ${name} to ${what} in ${environment}`, 403)
}

/** Returns an act as a form takes it: its page is answered by the one on which it is seen. */
export function formOf(act: PersonalAct): ConsoleAct {
  return {
    path: act.path,
    async act(request) {
      const fields = fieldsOf(request.form)
      if (fields === undefined) return request.refuse('a field of the form was sent twice', 422)
      const outcome = await act.perform({ ...request, fields, note: (what) => request.note(act.name, what) })
      if (outcome.result === 'refused') return request.refuse(outcome.why, outcome.status)
      return new Response(null, { status: 303, headers: { location: outcome.at } })
    },
  }
}

/** Returns the fields of a form but for its token; undefined where a name comes twice. */
function fieldsOf(form: ActRequest['form']): Record<string, string> | undefined {
  const sent = [...form].filter(([name]) => name !== 'form')
  const names = new Set(sent.map(([name]) => name))
  return names.size === sent.length ? Object.fromEntries(sent) : undefined
}

function describe(issue: v.BaseIssue<unknown>): string {
  const name = v.getDotPath(issue)
  // The message of an issue quotes what was sent, which is hostile text.
  return name === null
    ? 'the form is not whole'
    : `the field ${JSON.stringify(name.slice(0, 80))} is not right`
}
