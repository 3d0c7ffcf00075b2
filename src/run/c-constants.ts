/**
 * C text of a function that reads all of NAME.bin from the working directory: to an address that is aligned to so many
 * bytes and no more. The pointer before it is what to free.
 */
export const loadConstantsSource = (name: string, alignment: 8 | 64): string => {
  const size = `${name.toUpperCase()}_CONSTANTS_BYTES`
  return `static void *load_${name}_constants(void)
{
  FILE *file = fopen("${name}.bin", "rb");
  unsigned char *const block = (unsigned char *)malloc(${size} + 192);
  unsigned char *const bytes = block + 64 + (-(uintptr_t)block & 63) + ${alignment % 64};
  if (!file || !block || fread(bytes, 1, ${size}, file) != ${size} || fgetc(file) != EOF) exit(2);
  ((void **)(void *)bytes)[-1] = block;
  fclose(file);
  return bytes;
}
`
}
