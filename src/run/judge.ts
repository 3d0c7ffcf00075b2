import { numbersOf, type Tensor } from '../ir/tensor.ts'

export interface Judgement {
  readonly accuracy: number
  /** Mean cross-entropy of the softmax; of the outputs themselves where they are probabilities. */
  readonly loss: number
  /** confusion[class][prediction]: counts. */
  readonly confusion: readonly (readonly number[])[]
}

/** Compares outputs with the classes of samples. */
export interface Judge {
  add(output: Tensor, sample: number): void
  readonly predictions: (number | undefined)[]
  result(): Judgement
}

/** A probability of 0 has no logarithm; this is the smallest float with all its bits. */
const SMALLEST = 2 ** -126

/** What a network that ends in a softmax puts out. */
const isProbabilities = (scores: readonly number[]): boolean =>
  scores.every(score => score >= 0) && Math.abs(scores.reduce((sum, score) => sum + score, 0) - 1) < 1e-4

/** Rows of the confusion matrix are classes, columns predictions: the first of the largest values. */
export function createJudge(labels: readonly number[], classes: number): Judge {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  const predictions: (number | undefined)[] = []
  let [loss, ownLoss, judged, isDistribution] = [0, 0, 0, true]
  return {
    predictions,
    add: (output, sample) => {
      const scores = numbersOf(output)
      const label = labels[sample]!
      const most = Math.max(...scores)
      const prediction = Math.max(0, scores.indexOf(most))
      predictions[sample] = prediction
      confusion[label]![prediction]!++
      judged++
      isDistribution &&= isProbabilities(scores)
      ownLoss -= Math.log(Math.max(scores[label]!, SMALLEST))
      loss += Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0)) + most - scores[label]!
    },
    result: () => ({
      accuracy: labels.filter((label, sample) => predictions[sample] === label).length / labels.length,
      loss: (isDistribution ? ownLoss : loss) / judged,
      confusion,
    }),
  }
}
