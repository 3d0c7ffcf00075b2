import { type Html, html } from '../src/report/page/html.ts'

const C = `auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|if|inline|int|long|return|short|signed|sizeof|static|struct|switch|typedef|uint8_t|uint16_t|int16_t|uint32_t|uint64_t|int32_t|int64_t|size_t|union|unsigned|void|volatile|while|restrict`
const JS = `as|async|await|break|case|catch|class|const|continue|default|else|export|extends|false|finally|for|from|function|if|import|in|interface|let|new|null|of|readonly|return|switch|this|throw|true|try|type|typeof|undefined|while`
const WGSL = `array|bitcast|const|else|f32|fn|for|i32|if|let|loop|override|private|ptr|return|storage|struct|switch|u32|uniform|var|vec2|vec3|vec4|vec4f|vec4i|vec4u|while|workgroup|true|false`
const WAT = `module|func|param|result|local|global|memory|export|import|type|data|block|loop|if|then|else|br|br_if|call|return|mut|table|elem`

const keywords: Readonly<Record<string, string>> = { c: C, h: C, js: JS, ts: JS, wgsl: WGSL, wat: WAT }

/** Comments, strings and words of the language; the rest is as it was. */
export function highlight(path: string, text: string): Html {
  const language = path.split('.').at(-1)!
  const words = keywords[language]
  if (!words) return html`${text}`
  const comment = language === 'wat' ? ';;[^\\n]*' : '//[^\\n]*|/\\*[\\s\\S]*?\\*/'
  const directive = language === 'c' || language === 'h' ? '^#[^\\n]*' : '(?!)'
  const pattern = new RegExp(
    `(?<comment>${comment})|(?<directive>${directive})|(?<string>"(?:\\\\.|[^"\\\\\\n])*"|'(?:\\\\.|[^'\\\\\\n])*'|\`(?:\\\\.|[^\`\\\\])*\`)|(?<keyword>\\b(?:${words})\\b)`,
    'gm',
  )
  const parts: Html[] = []
  let end = 0
  for (const match of text.matchAll(pattern)) {
    const kind = Object.entries(match.groups!).find(([, found]) => found !== undefined)![0]
    parts.push(html`${text.slice(end, match.index)}<span class="${kind}">${match[0]}</span>`)
    end = match.index + match[0].length
  }
  return html`${parts}${text.slice(end)}`
}
