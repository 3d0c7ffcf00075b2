import { spawnSync } from 'node:child_process'

/** Debian's, for which the training scripts are written; others have no PyTorch here. */
export const PYTHON = '/usr/bin/python3'

/** Whether training scripts can run. Says so if not, and throws where CI=true. */
export function hasPyTorch(): boolean {
  const { status } = spawnSync(PYTHON, ['-c', 'import torch, onnx'])
  if (status === 0) return true
  if (process.env.CI === 'true') throw new Error(`${PYTHON} has no torch and onnx`)
  console.warn(`skipped: ${PYTHON} has no torch and onnx`)
  return false
}
