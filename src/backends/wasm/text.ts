/** Small pieces of WAT. An address is a sum of terms plus a constant that fits the offset of a load or store. */

export const int = (value: number): string => `(i32.const ${value})`

export const get = (name: string): string => `(local.get $${name})`

export const set = (name: string, value: string): string => `(local.set $${name} ${value})`

/** Text times a constant; nothing for a factor of 0. */
export function times(text: string, factor: number): readonly string[] {
  if (factor === 0) return []
  if (factor === 1) return [text]
  const shift = Math.log2(factor)
  return [Number.isInteger(shift) ? `(i32.shl ${text} ${int(shift)})` : `(i32.mul ${text} ${int(factor)})`]
}

/** Sum of terms and a constant that may be negative. */
export function sum(terms: readonly string[], constant = 0): string {
  const all = constant === 0 && terms.length > 0 ? terms : [...terms, int(constant)]
  return all.reduce((a, b) => `(i32.add ${a} ${b})`)
}

/** What stands before and behind the lines of a loop over a local: `last` lines end a turn. */
export const loopOver = (local: string, label: string, end: string, first = int(0), last: readonly string[] = []) =>
  stepping(local, label, 1, end, first, last)

/** The same for a local that goes up in steps. */
export const stepping = (
  local: string,
  label: string,
  step: number,
  end: string,
  first = int(0),
  last: readonly string[] = [],
) => ({
  open: first === get(local) ? `(loop $${label}` : `${set(local, first)}\n(loop $${label}`,
  close: [
    ...last,
    `(br_if $${label} (i32.lt_u (local.tee $${local} ${sum([get(local), int(step)])}) ${end}))`,
    ')',
  ].join('\n'),
})

/** A loop over a local from 0 up to but without a number, in steps. One that would run once is none: the local stays 0. */
export const counting = (local: string, label: string, end: number, step = 1) =>
  end > step ? stepping(local, label, step, int(end)) : null

/** Columns in steps. The last ones are computed once more where the width is no multiple. */
export const overlapping = (step: number, width: number) => {
  const last = width - step
  return last <= 0
    ? { open: set('column', int(0)), close: '' }
    : {
        open: `${set('column', int(0))}\n(loop $columns`,
        close: [
          ...(width % step === 0 ? [] : [';; The last columns are computed once more.']),
          `(if (i32.lt_u ${get('column')} ${int(last)}) (then`,
          set('column', sum([get('column')], step)),
          ...(width % step === 0
            ? []
            : [`(if (i32.gt_u ${get('column')} ${int(last)}) (then ${set('column', int(last))}))`]),
          '(br $columns)\n))\n)',
        ].join('\n'),
      }
}

/** A load (or a store, with its value): the constant part of the address becomes its offset. */
export const at = (op: string, terms: readonly string[], offset = 0, value?: string): string =>
  `(${op}${offset ? ` offset=${offset}` : ''} ${sum(terms)}${value ? ` ${value}` : ''})`

/** Text modulo a constant; rows of a ring wrap around, rows of a whole image do not. */
export const wrapped = (text: string, ring: number, rows: number): string =>
  ring >= rows ? text : ring === 1 ? int(0) : `(i32.rem_u ${text} ${int(ring)})`
