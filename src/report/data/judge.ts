import { numbersOf, type Tensor } from '../../ir/tensor.ts'
import type { Judgement } from '../report.ts'

/** Compares outputs with the classes of samples. */
export interface Judge {
  add(output: Tensor, sample: number): void
  readonly predictions: (number | undefined)[]
  result(): Judgement
}

/** Rows of the confusion matrix are classes, columns predictions: the first of the largest values. */
export function createJudge(labels: readonly number[], classes: number): Judge {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  const predictions: (number | undefined)[] = []
  let loss = 0
  return {
    predictions,
    add: (output, sample) => {
      const scores = numbersOf(output)
      const label = labels[sample]!
      const most = Math.max(...scores)
      const prediction = Math.max(0, scores.indexOf(most))
      predictions[sample] = prediction
      confusion[label]![prediction]!++
      loss += Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0)) + most - scores[label]!
    },
    result: () => ({
      accuracy: labels.filter((label, sample) => predictions[sample] === label).length / labels.length,
      loss: loss / labels.length,
      confusion,
    }),
  }
}
