import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const text = readFileSync(join(import.meta.dirname, '../golden/small/wasm/small.wat'), 'utf8')
const lines = text.split('\n')

it('has no line of WAT above 120 columns', () => {
  expect(lines.filter(line => line.length > 120)).toEqual([])
})

it('indents WAT by what is open', () => {
  let depth = 0
  for (const line of lines) {
    const code = line.replace(/"[^"]*"|;;.*/g, '')
    if (line !== '' && !code.trim().startsWith(')')) expect(line.search(/\S/)).toBeLessThanOrEqual(2 * depth)
    if (line !== '' && depth > 0 && !code.trim().startsWith(')')) expect(line.search(/\S/)).toBeGreaterThan(0)
    for (const char of code) depth += char === '(' ? 1 : char === ')' ? -1 : 0
  }
  expect(depth).toBe(0)
})

it('has no loop of WAT that runs once, and no parameter that nothing reads', () => {
  const flat = text.replace(/;;.*/g, '').replace(/\s+/g, ' ')
  const counted = [...flat.matchAll(/\(i32\.const (\d+)\)\)\) \(i32\.const (\d+)\)\)\)/g)]
  expect(counted.length).toBeGreaterThan(3)
  expect(counted.filter(([, step, end]) => Number(end) <= Number(step))).toEqual([])
  for (const [, label] of flat.matchAll(/\(loop \$(\w+)/g)) expect(flat).toMatch(new RegExp(`\\(br(_if)? \\$${label} `))
  for (const body of flat.split('(func ').slice(1))
    for (const [, name] of body.matchAll(/\(param \$(\w+) /g)) expect(body).toContain(`(local.get $${name})`)
})
