// Writes schema/v1.json, the JSON schema of what every command prints with --json, from the types of src/cli/json.ts.
// Another field keeps the version; one that goes away or means something else needs the next.
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const root = resolve(import.meta.dirname, '..')

export function makeSchema() {
  const { definitions } = createGenerator({
    path: resolve(root, 'src/cli/json.ts'),
    tsconfig: resolve(root, 'tsconfig.json'),
    type: 'Output',
    skipTypeCheck: true,
    // A reader of version 1 must not refuse what later releases add.
    additionalProperties: true,
    discriminatorType: 'json-schema',
  }).createSchema('Output')
  const { Output, ...types } = definitions
  const text = JSON.stringify({
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://unpkg.com/xnorc/schema/v1.json',
    title: 'What the commands of xnorc print with --json',
    $comment: 'Each command has its own schema: v1.json#/definitions/compile',
    definitions: { ...Output.properties, ...types, Number: NUMBER },
  })
  // JSON has no NaN and no infinity.
  return JSON.parse(text, (_, value) => (value?.type === 'number' ? withNumber(value) : value))
}

const NUMBER = { anyOf: [{ type: ['number'] }, { enum: ['NaN', 'Infinity', '-Infinity'] }] }

const withNumber = ({ type, ...rest }) => ({ ...rest, $ref: '#/definitions/Number' })

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(resolve(root, 'schema'), { recursive: true })
  writeFileSync(resolve(root, 'schema/v1.json'), `${JSON.stringify(makeSchema(), null, 2)}\n`)
}
