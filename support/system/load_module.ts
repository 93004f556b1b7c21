import { extname } from 'node:path'

/**
 * Loads a module of a team: CommonJS, an ES module, or TypeScript, which Node reads by itself from 22.18 on, and before
 * that with ts-node, where it is installed.
 * @throws Error that says why it cannot be loaded, or the error that the module throws
 */
export function loadModule(path: string): Record<string, unknown> {
  if (/\.[cm]?ts$/.test(path) && !('typescript' in process.features && process.features.typescript !== false))
    readTypeScript()
  try {
    return require(path) as Record<string, unknown>
  } catch (error) {
    throw inWords(error, path)
  }
}

function inWords(error: unknown, path: string): unknown {
  const { code } = Object(error) as NodeJS.ErrnoException
  if (code === 'MODULE_NOT_FOUND') return notFound(error as Error & { requireStack?: readonly string[] })
  if (code === 'ERR_REQUIRE_ASYNC_MODULE')
    return new Error('it waits at its top level; move each await into a function', { cause: error })
  if (error instanceof SyntaxError && IS_MODULE_SYNTAX.test(error.message))
    return new Error(
      `it is written as an ES module, and package.json says "type": "commonjs"; name it .m${extname(path).slice(1)}`,
      { cause: error },
    )
  return error
}

/** The words of Node for `import` and `export` in a file that it reads as CommonJS. */
const IS_MODULE_SYNTAX = /^(?:Unexpected token 'export'|Cannot use import statement outside a module)/

/** Names the file that wants the missing one. Node lists all files up to the program's own, like a stack trace. */
function notFound(error: Error & { requireStack?: readonly string[] }): Error {
  const [what = ''] = error.message.split('\n')
  const [by] = error.requireStack ?? []
  return new Error(by === undefined ? what : `${what}, which ${by} loads`, { cause: error })
}

function readTypeScript(): void {
  try {
    ;(require('ts-node') as typeof import('ts-node')).register({ transpileOnly: true })
  } catch (error) {
    throw new Error(
      'TypeScript needs Node 22.18, or ts-node installed beside Lockstep; or compile it first',
      {
        cause: error,
      },
    )
  }
}
