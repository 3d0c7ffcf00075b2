import type { Recipe } from './generate.ts'

/** Whether a smaller one still shows the same fault. */
export type Fails<T> = (candidate: T) => Promise<boolean>

/**
 * Delta debugging of decisions: steps are taken away in halves, quarters, one by one; then every decision is lowered.
 * Sizes shrink and borders, strides and special numbers disappear, because 0 is the simplest answer to every question.
 */
export async function reduceRecipe(recipe: Recipe, fails: Fails<Recipe>): Promise<Recipe> {
  let best = recipe
  const attempt = async (candidate: Recipe): Promise<boolean> => {
    if (!(await fails(candidate))) return false
    best = candidate
    return true
  }
  for (let before: Recipe | undefined; before !== best; ) {
    before = best
    await withoutSteps(() => best, attempt)
    await lower(
      () => best.start,
      start => attempt({ ...best, start }),
    )
    for (let k = 0; k < best.steps.length; k++)
      await lower(
        () => best.steps[k]!.made,
        made => attempt({ ...best, steps: best.steps.with(k, { ...best.steps[k]!, made }) }),
      )
    await lower(
      () => best.end,
      end => attempt({ ...best, end }),
    )
  }
  return best
}

async function withoutSteps(now: () => Recipe, attempt: (candidate: Recipe) => Promise<boolean>): Promise<void> {
  for (let size = now().steps.length; size >= 1; size = Math.floor(size / 2))
    for (let at = now().steps.length - size; at >= 0; at -= size) {
      const { steps } = now()
      await attempt({ ...now(), steps: [...steps.slice(0, at), ...steps.slice(at + size)] })
    }
}

/** A list of decisions, shorter (what is left out counts as 0) and with smaller numbers. */
async function lower(
  now: () => readonly number[],
  attempt: (list: readonly number[]) => Promise<boolean>,
): Promise<void> {
  for (let length = 0; length < now().length; length = 2 * length + 1) if (await attempt(now().slice(0, length))) break
  for (let at = 0; at < now().length; at++)
    for (const value of [0, Math.floor(now()[at]! / 2), now()[at]! - 1]) {
      if (now()[at]! <= value || value < 0) continue
      if (await attempt(now().with(at, value))) break
    }
}
