// The network of the other example; a project of yours has its own here.
import { copyFileSync } from 'node:fs'

copyFileSync(new URL('../../nin-cifar10/nin.binary.onnx', import.meta.url), new URL('nin.onnx', import.meta.url))
