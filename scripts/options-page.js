// Writes docs/options.md from the table of options (src/options.ts) and from what the command line says of itself.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flagOf, options } from '../dist/options.js'

const root = resolve(import.meta.dirname, '..')

const commands = ['compile', 'inspect', 'verify', 'eval', 'bench', 'report', 'size', 'doctor']

const help = command =>
  execFileSync(process.execPath, [resolve(root, 'dist/cli/index.js'), command, '--help'], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '120', NO_COLOR: '1', FORCE_COLOR: '' },
  }).trim()

/** Of every command, as it prints it. */
const helps = new Map(commands.map(command => [command, help(command)]))

function row([name, { value, help, default: usual, targets }]) {
  const takes = value.of
    ? value.of.join(', ')
    : { count: 'a number from 1', numbers: 'numbers', switch: '' }[value.kind]
  // As the help has it: `--target` takes a list there, and a few are for programs only.
  const typed = new RegExp(`^  (${flagOf(name).split(' ')[0]}(?: <\\w+>)?) `, 'm')
  const found = [...helps.values()].map(text => typed.exec(text)?.[1]).find(Boolean)
  const flag = found ? `\`${found}\`` : ''
  return `| ${flag} | \`${name}\` | ${takes ?? ''} | ${usual ?? ''} | ${help}${targets ? ` (${targets})` : ''} |`
}

export function optionsPage() {
  const rows = Object.entries(options).filter(([, { value }]) => value.kind !== 'function')
  return `# Options

Made by \`npm run options\` from the table that the command line, the library and the plugins share. Programs give the names of
the second column: \`compile(bytes, { target: 'c', name: 'nin', inputType: 'u8' })\`. An option without effect is refused.

| on the command line | in programs | takes | default | what it decides |
| --- | --- | --- | --- | --- |
${rows.map(row).join('\n')}

Exit status of every command: 0 done; 1 the model or a file cannot be used, a limit is exceeded, or \`verify\` found a difference,
with every reason on stderr; 2 wrong usage.

${[...helps].map(([command, text]) => `## xnorc ${command}\n\n\`\`\`text\n${text}\n\`\`\``).join('\n\n')}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(resolve(root, 'docs/options.md'), optionsPage())
