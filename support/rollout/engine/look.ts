import type { Answer, Request } from '../model/answers'
import type { Reading } from '../model/reading'
import { asking, type AskHosts } from './change'

/** A look at hosts, as a verb builds it. It changes nothing, and takes no earlier order to a host as proof. */
export interface Look {
  /** The request of the look, or, where one request is not enough, what asks. */
  request: Omit<Request, 'mutating'> | AskHosts
  /** Returns what an answer shows, and whether that is what is wanted. */
  read: (answer: Answer) => Reading
  patience?: Patience | undefined
  /**
   * The resource that the look is at, or `anything` where its answer may depend on all that lines do. Where it is
   * absent, the answer depends on the changes that affect other resources.
   */
  subject?: Subject | 'anything'
}

export interface Patience {
  /** Milliseconds during which hosts that have not passed yet are looked at again. */
  within?: number
  /** The number of times in a row that a look has to pass. */
  times?: number
}

/** The resource that a line looks at, where a planned line may have changed it. */
export interface Subject {
  /** The name of the resource, such as `package mywebapp`. */
  resource: string
  /** Judges whether a planned state is what is wanted. `now` is the host's answer to the look. */
  judge: (state: string, now: Answer) => Reading
}

/** Returns how a look asks its hosts. */
export function questionOf({ request }: Look): AskHosts {
  return typeof request === 'function' ? request : asking(request)
}
