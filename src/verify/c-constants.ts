/**
 * C text of a function that reads all of NAME.bin from the working directory: to an address that is aligned to so many
 * bytes and no more.
 */
export const loadConstantsSource = (name: string, alignment: 8 | 64): string => {
  const size = `${name.toUpperCase()}_CONSTANTS_BYTES`
  return `static void *load_constants(void)
{
  FILE *file = fopen("${name}.bin", "rb");
  unsigned char *const block = (unsigned char *)malloc(${size} + 128);
  unsigned char *const bytes = block + (-(uintptr_t)block & 63) + ${alignment % 64};
  if (!file || !block || fread(bytes, 1, ${size}, file) != ${size}) exit(2);
  fclose(file);
  return bytes;
}
`
}
