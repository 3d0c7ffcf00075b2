// Prints what the compiler calls files and symbols of a name: CMake has to know it before anything is compiled.
import { legalName } from '../dist/plan/names.js'

process.stdout.write(legalName(process.argv[2], 'model'))
