import type { Builder } from '../builder.ts'
import type { Choices } from '../choices.ts'
import type { Rules } from './rule.ts'
import { rule } from './rule.ts'

/** Scales that divide exactly. */
const scale = (b: Builder, c: Choices): string =>
  b.constant(c, { type: 'float', shape: [], values: [c.oneOf(1, 0.5, 2, 0.25)] })

const number = (b: Builder, c: Choices, value: number): string =>
  b.constant(c, { type: 'float', shape: [], values: [value] })

const quant = (domain: string, op: string) =>
  rule((b, c) => {
    const x = b.float(c)
    const width = c.oneOf(1, 2, 4, 8)
    const signed = c.pick(2)
    const attrs = { signed, narrow: c.pick(2), rounding_mode: c.oneOf('ROUND', 'FLOOR', 'CEIL') }
    b.add(op, [x.name, scale(b, c), number(b, c, 0), number(b, c, width)], x, attrs, domain)
  })

const multiThreshold = (domain: string) =>
  rule((b, c) => {
    const x = b.float(c, 4, 2)
    const channels = c.pick(2) ? x.shape[1]! : 1
    const count = 1 + c.near(3)
    const values = Array.from({ length: channels * count }, (_, k) => (k % count) - 1 + 1 / 16 + c.pick(3) / 4)
    const thresholds = b.constant(c, { type: 'float', shape: [channels, count], values })
    const scales = c.pick(2) ? {} : { out_scale: { float: 2 }, out_bias: { float: -1 } }
    b.add('MultiThreshold', [x.name, thresholds], x, { data_layout: 'NCHW', ...scales }, domain)
  })

export const quantization = (domain: string) =>
  ({
    BipolarQuant: rule((b, c) => {
      const x = b.float(c)
      b.add('BipolarQuant', [x.name, scale(b, c)], x, {}, domain)
    }),
    Quant: quant(domain, 'Quant'),
    IntQuant: quant(domain, 'IntQuant'),
    MultiThreshold: multiThreshold(domain),
  }) satisfies Rules

export const openvino = {
  FakeQuantize: rule((b, c) => {
    const x = b.float(c)
    const bounds = [-1, 1, -1, 1].map(value => number(b, c, value))
    b.add('FakeQuantize', [x.name, ...bounds], x, { levels: c.oneOf(2, 3, 5) }, 'org.openvinotoolkit')
  }),
} satisfies Rules
