/** An array as NumPy writes it into a .npy file. */
export function npy(descr: string, shape: string, values: ArrayBufferView): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117)
  const head = Buffer.from(`\x93NUMPY\x01\x00v\x00${header}\n`, 'latin1')
  return new Uint8Array(Buffer.concat([head, new Uint8Array(values.buffer)]))
}
