import type { ConsoleRequest } from './route'

/** A request of a person, for a page that can have forms. */
export interface FormRequest extends ConsoleRequest {
  /** Returns the token that a form has to send as the field `form`; it is good for one sending to this path. */
  newForm: (path: string) => string
}

/** A page that can have forms. Each `ConsoleRoute` is one. */
export interface FormRoute {
  path: string
  answer: (request: FormRequest) => Response | Promise<Response>
}

export type RefusalStatus = 403 | 404 | 409 | 422 | 503

/** A form that was sent. The guard has looked at its origin, its token, and that it was never sent before. */
export interface ActRequest extends FormRequest {
  form: URLSearchParams
  /** Refuses the act, with 403 unless told: it is a line in the audit trail. `why` is our own words. */
  refuse: (why: string, status?: RefusalStatus) => Promise<Response>
  /** Notes in the audit trail what an act is about to do. @throws LockstepError `journal-failed` */
  note: (act: string, what: string) => Promise<void>
}

/** A path of the console that changes something, by POST. */
export interface ConsoleAct {
  path: string
  act: (request: ActRequest) => Response | Promise<Response>
}

/** A file that is there also before a login, such as a style sheet. Nothing in it may depend on anything. */
export interface ConsoleAsset {
  path: string
  type: string
  text: string
}
