import type { Prices } from './layers/tiles.ts'

/** By `npm run costs` on Intel(R) Xeon(R) Processor @ 2.60GHz, Node 20.20.2. */
export const prices: Prices = { counting: 1, planes: 0.68, making: 1.16, adding: 0.72, storing: 0 }
