import fc from 'fast-check'

// The same cases in every run, so that a failure can be repeated; XNORC_SEED tries others.
fc.configureGlobal({ seed: Number(process.env.XNORC_SEED ?? 1) })
