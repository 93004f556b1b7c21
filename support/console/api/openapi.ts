import { toJsonSchema } from '@valibot/to-json-schema'
import type * as v from 'valibot'
import { MAX_FORM_BYTES } from '../guard'
import type { PersonalAct } from '../personal_act'
import { CODES, PREFIX, type ApiRead } from './api_route'

type Json = Readonly<Record<string, unknown>>

const ERROR: Json = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'sentence'],
      properties: {
        code: { type: 'string', enum: Object.values(CODES) },
        sentence: { type: 'string', description: 'why, in our own words' },
      },
    },
  },
}

const DONE: Json = {
  type: 'object',
  required: ['schema', 'says', 'at'],
  properties: {
    schema: { const: 'lockstep/act/1' },
    says: { type: 'string', description: 'what was done, in a sentence' },
    at: { type: 'string', description: 'the path of the page on which it is seen' },
  },
}

const LAST_EVENT_ID: Json = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'the id of the last event that is there already; it counts before the query',
  schema: { type: 'string', maxLength: 255 },
}

const EVENTS: Json = {
  'text/event-stream': {
    schema: {
      type: 'string',
      description:
        'server-sent events: each has a member of the list of the document as its data, and the last one is of the type end',
    },
  },
}

/** Describes the API as OpenAPI 3.1, from the routes themselves and from the forms of what they take and answer. */
export function describeApi(reads: readonly ApiRead[], acts: readonly PersonalAct[], version: string): Json {
  const forms = new Map(reads.map(({ form, schema }) => [nameOf(form), schemaOf(schema, 'output')]))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lockstep',
      version,
      description:
        'What lockstep serve knows, and what a person may have it do. Each environment needs a right of its own.',
    },
    servers: [{ url: PREFIX }],
    security: [{ token: [] }],
    paths: {
      ...Object.fromEntries(reads.map((route) => [templateOf(route.path), { get: readOf(route) }])),
      ...Object.fromEntries(acts.map((act) => [templateOf(act.path), { post: actOf(act) }])),
    },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'a token that lockstep user add-token has made',
        },
      },
      responses: { error: { description: 'It is refused.', content: content(ref('error')) } },
      schemas: { error: ERROR, act: DONE, ...Object.fromEntries(forms) },
    },
  }
}

function readOf({ name, path, summary, query, form, stream }: ApiRead): Json {
  return {
    operationId: idOf(name),
    summary,
    parameters: [
      ...parametersOf(path),
      ...Object.entries(query).map(([key, description]) => ({
        name: key,
        in: 'query',
        description,
        schema: { type: 'string', maxLength: 255 },
      })),
      ...(stream === undefined ? [] : [LAST_EVENT_ID]),
    ],
    responses: {
      200: {
        description: `The document, of the form ${form}.`,
        headers: {
          Link: {
            description: 'the next page, as rel="next"; absent on the last one',
            schema: { type: 'string' },
          },
        },
        content: { ...content(ref(nameOf(form))), ...(stream === undefined ? {} : EVENTS) },
      },
      default: { $ref: '#/components/responses/error' },
    },
  }
}

function actOf({ name, path, summary, schema }: PersonalAct): Json {
  return {
    operationId: idOf(name),
    summary,
    parameters: [
      ...parametersOf(path),
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: true,
        description: 'a new text for each act; a request that is sent again with it acts once',
        schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{8,100}$' },
      },
    ],
    requestBody: {
      required: true,
      description: `Its fields, each a text; ${MAX_FORM_BYTES} bytes at the most.`,
      content: content(schemaOf(schema, 'input')),
    },
    responses: {
      200: { description: 'It is done, or was done with this key before.', content: content(ref('act')) },
      default: { $ref: '#/components/responses/error' },
    },
  }
}

/** Returns the JSON Schema of a form. A reader passes over further fields. */
function schemaOf(schema: v.GenericSchema, typeMode: 'input' | 'output'): Json {
  const made = toJsonSchema(schema, { target: 'draft-2020-12', errorMode: 'ignore', typeMode })
  const drop = (key: string, value: unknown) =>
    key === '$schema' || (typeMode === 'output' && key === 'additionalProperties' && value === false)
      ? undefined
      : value
  return JSON.parse(JSON.stringify(made), drop) as Json
}

function content(schema: Json): Json {
  return { 'application/json': { schema } }
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` }
}

function nameOf(form: string): string {
  return form.replaceAll('/', '-')
}

function idOf(name: string): string {
  return name.replace(/\s+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, '')
}

function templateOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}')
}

function parametersOf(path: string): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}
