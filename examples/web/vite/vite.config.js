import { readFileSync } from 'node:fs'
import xnorc from 'xnorc/vite'

const labels = readFileSync(new URL('labels.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')

/** Pixels as they come from a canvas; the network was trained on these means and deviations. */
const pictures = {
  inputType: 'u8',
  inputLayout: 'rgba',
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
}

export default { plugins: [xnorc({ ...pictures, labels })] }
