/** How strongly operators bind in languages of C's family; what binds less than its surroundings gets parentheses. */
export const ATOM = 9
export const UNARY = 8
export const PRODUCT = 7
export const SUM = 6
export const COMPARISON = 4
export const LOOSE = 1

/** A piece of code, and how strongly its outermost operator binds. */
export interface Text {
  readonly text: string
  readonly binds: number
}

export const within = ({ text, binds }: Text, strength: number): string => (binds < strength ? `(${text})` : text)

export const infix =
  (operator: string, binds: number) =>
  ([a, b]: readonly Text[]): Text => ({ text: `${within(a!, binds)} ${operator} ${within(b!, binds + 1)}`, binds })

/** For operators that compilers warn about, or refuse, among others: their operands bind like a sign or more. */
export const loose =
  (operator: string) =>
  ([a, b]: readonly Text[]): Text => ({ text: `${within(a!, UNARY)} ${operator} ${within(b!, UNARY)}`, binds: LOOSE })

/** Of a sign that stands before its operand. */
export const prefix =
  (operator: string) =>
  ([a]: readonly Text[]): Text => ({ text: `${operator}${within(a!, ATOM)}`, binds: UNARY })

export const called =
  (name: string) =>
  (args: readonly Text[]): Text => ({ text: `${name}(${args.map(({ text }) => text).join(', ')})`, binds: ATOM })
