import type { Course } from './followed_run'

/** A place in a run: the bytes of its journal that were read, and how far the run had come by them. */
export interface Place {
  offset: number
  course: Course
}

/** The parts of a page as a client is told of them: those that are new to it, and their order where that is. */
export interface PartChanges {
  /** The place that the parts are made from. */
  place: Place
  parts: readonly (readonly [key: string, html: string])[]
  /** The names of all parts in their order; a part that is not among them is gone. */
  order?: readonly string[]
}

interface Entry {
  text: string
  /** The bytes of the journal at which the entry was seen to be so. */
  offset: number
  version: number
}

/** The most answers that are kept for clients that are alike. */
const MAX_ASKED = 20

/**
 * The parts of a page, and when each of them became as it is: in versions for those who are connected, and in bytes of
 * the journal for those who come again, also after another process has answered them before.
 */
export class PartBook {
  private entries = new Map<string, Entry>()
  private order: Entry = { text: '', offset: 0, version: 0 }
  private current = 0
  private at: Place = { offset: 0, course: 'under way' }
  /** The changes that were asked for since the last one: clients that are alike share them. */
  private readonly asked = new Map<number | string, PartChanges | undefined>()

  /** The number of times that anything has changed. */
  get version(): number {
    return this.current
  }

  get place(): Place {
    return this.at
  }

  /** Takes in how the parts are at a place. Returns whether anything is another than before. */
  update(place: Place, parts: Iterable<readonly [key: string, html: string]>): boolean {
    const { offset } = place
    const version = this.current + 1
    const next = new Map<string, Entry>()
    let isNew = false
    for (const [key, text] of parts) {
      const known = this.entries.get(key)
      const isSame = known?.text === text
      isNew ||= !isSame
      next.set(key, isSame ? known : { text, offset, version })
    }
    const order = [...next.keys()].join(' ')
    const isMoved = order !== this.order.text
    if (isMoved) this.order = { text: order, offset, version }
    this.at = place
    this.asked.clear()
    this.entries = next
    if (isNew || isMoved) this.current = version
    return isNew || isMoved
  }

  /** Returns what has changed since a version; undefined where nothing has. */
  since(version: number): PartChanges | undefined {
    return this.once(version, (entry) => entry.version > version)
  }

  /**
   * Returns what one does not have who was at a place, and all parts for one whose place says nothing; undefined where
   * nothing is new.
   */
  sincePlace(place: Place | undefined): PartChanges | undefined {
    const isKnown = place !== undefined && place.course === this.at.course && place.offset <= this.at.offset
    const from = isKnown ? place.offset : -1
    return this.once(`from ${from}`, ({ offset }) => offset > from)
  }

  /** Returns all parts in their order, each with its text. */
  *texts(): Iterable<readonly [key: string, html: string]> {
    for (const [key, { text }] of this.entries) yield [key, text]
  }

  private once(key: number | string, isNew: (entry: Entry) => boolean): PartChanges | undefined {
    if (!this.asked.has(key)) {
      if (this.asked.size >= MAX_ASKED) this.asked.clear()
      this.asked.set(key, this.changes(isNew))
    }
    return this.asked.get(key)
  }

  private changes(isNew: (entry: Entry) => boolean): PartChanges | undefined {
    const parts = [...this.entries].filter(([, entry]) => isNew(entry))
    const isMoved = isNew(this.order)
    if (parts.length === 0 && !isMoved) return undefined
    return {
      place: this.at,
      parts: parts.map(([key, { text }]) => [key, text]),
      ...(isMoved ? { order: [...this.entries.keys()] } : {}),
    }
  }
}

/** Formats a place as the id of an event: the bytes of the journal, and how the run is where it does not just go on. */
export function formatPlace({ offset, course }: Place): string {
  return course === 'under way' ? String(offset) : `${offset}-${course}`
}

const COURSES: readonly Course[] = ['ended', 'gone', 'unknown', 'broken']

/** Parses the id of an event; undefined for anything else. */
export function parsePlace(text: string): Place | undefined {
  const [, digits = '', word] = /^(\d{1,15})(?:-([a-z]+))?$/.exec(text) ?? []
  if (digits === '') return undefined
  const course = word === undefined ? 'under way' : COURSES.find((each) => each === word)
  return course === undefined ? undefined : { offset: Number(digits), course }
}
