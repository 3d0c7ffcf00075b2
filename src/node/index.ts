/** xnorc on files: what the command line does, for programs of Node. */
export { externalReader } from '../cli/external-data.ts'
export { compileFile, type FileOptions, type FileResult } from './compile-file.ts'
